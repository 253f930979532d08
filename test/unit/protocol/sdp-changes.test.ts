import { isAsAgreed, nextDescription, offerAudio } from '../../../src/protocol/sdp';

const sdp = (port: number, origin = { username: 'FreeSWITCH', id: '1764424800', version: 1_764_424_801 }, codecs: readonly ('PCMU' | 'PCMA')[] = ['PCMU']) =>
  offerAudio({ address: '198.51.100.7', port, origin, codecs });
const originOf = (text: string): string => /^o=.*$/m.exec(text)?.[0].trim() ?? '';

describe('what a far end is told next', () => {
  it('keeps the o= line of another media server away: the same one, its version one higher', () => {
    const next = nextDescription(sdp(20_000), sdp(30_000, { username: 'other', id: '7', version: 3 }));
    expect(originOf(next)).toBe('o=FreeSWITCH 1764424800 1764424802 IN IP4 198.51.100.7');
    expect(next.replace(/^o=.*\r\n/m, '')).toBe(sdp(30_000).replace(/^o=.*\r\n/m, ''));
    expect(originOf(nextDescription(next, sdp(40_000)))).toContain(' 1764424803 ');
  });

  it('is the same, version and all, when nothing changes', () => {
    expect(nextDescription(sdp(20_000), sdp(20_000, { username: 'other', id: '7', version: 3 }))).toBe(sdp(20_000));
  });

  it('counts versions beyond safe integers', () => {
    const told = sdp(20_000).replace('1764424801', '18446744073709551615');
    expect(originOf(nextDescription(told, sdp(30_000)))).toContain(' 18446744073709551616 ');
  });
});

describe('an answer that changes nothing for the channel', () => {
  it('has the same place, direction and codec; its own o= line does not matter', () => {
    const answer = sdp(40_000, { username: 'phone', id: '1', version: 9 });
    expect(isAsAgreed(answer, sdp(40_000), sdp(20_000))).toBe(true);
    expect(isAsAgreed(answer, sdp(40_002), sdp(20_000))).toBe(false);
    expect(isAsAgreed(answer.replace('a=sendrecv', 'a=sendonly'), sdp(40_000), sdp(20_000))).toBe(false);
    expect(isAsAgreed(sdp(40_000, undefined, ['PCMA']), sdp(40_000, undefined, ['PCMU', 'PCMA']), sdp(20_000))).toBe(false);
    expect(isAsAgreed('', sdp(40_000), sdp(20_000))).toBe(false);
  });
});
