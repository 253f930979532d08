import { requireVersion } from '../../../src/media/server-version';

const answer = (version: string): string => `FreeSWITCH Version ${version}-release+git~2026~64bit (git 2026)\n`;
const check = (version: string, reason?: string) => (): void => requireVersion('media-1:8021', answer(version), reason);

describe('the version of a media server', () => {
  it.each(['1.11.3', '1.11.4', '1.11.10', '1.12.0', '2.0.0'])('%s is taken', (version) => {
    expect(check(version)).not.toThrow();
  });

  it.each(['1.11.2', '1.10.12', '1.6.20', '0.12.9'])('%s is refused with what to do', (version) => {
    expect(check(version)).toThrow(
      `media server media-1:8021 is FreeSWITCH ${version}; 1.11.3 or newer is needed: upgrade it, or say in ` +
      'HOLDFAST_OLD_FREESWITCH_REASON why it may be used all the same');
  });

  it('is refused when it is not told', () => {
    expect(() => requireVersion('media-1:8021', '-ERR version Command not found!\n', undefined)).toThrow('does not tell its version');
  });

  it('may be an old one for a reason', () => {
    expect(check('1.10.11', 'bound inside, for a reason')).not.toThrow();
  });
});
