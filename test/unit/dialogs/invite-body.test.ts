import { readInviteBody } from '../../../src/dialogs/invite-body';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const session = (body: string, headers: Readonly<Record<string, string>> = {}): ReturnType<typeof readInviteBody> =>
  readInviteBody({ body, get: (name) => headers[name] });
const parts = (...all: readonly string[]): string => [...all.map((part) => `--b\r\n${part}\r\n`), '--b--\r\n'].join('');

describe('what the body of an INVITE comes to', () => {
  it('no body leaves the offer to us, whatever its type', () => {
    expect(session('')).toEqual({ outcome: 'none' });
    expect(session('\r\n', { 'Content-Type': 'text/plain' })).toEqual({ outcome: 'none' });
  });

  it.each([
    ['SDP', SDP, { 'Content-Type': 'application/sdp' }],
    ['SDP in capitals, with a parameter', SDP, { 'Content-Type': 'Application/SDP; charset=utf-8' }],
    ['an identity encoding', SDP, { 'Content-Type': 'application/sdp', 'Content-Encoding': 'Identity' }],
  ])('%s is an offer', (_what, body, headers) => {
    expect(session(body, headers)).toEqual({ outcome: 'offer', sdp: SDP });
  });

  it('a part with SDP is an offer, wherever it stands', () => {
    const isup = 'Content-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\n\u0001\u0010';
    const body = parts(isup, `Content-Type: application/sdp\r\n\r\n${SDP}`);
    const found = session(body, { 'Content-Type': 'multipart/mixed; boundary="b"' });
    expect(found).toMatchObject({ outcome: 'offer' });
    expect(found.outcome === 'offer' && found.sdp.trim()).toBe(SDP.trim());
  });

  it('a body that cannot be read is refused with what could', () => {
    expect(session('hello', { 'Content-Type': 'text/plain' })).toEqual({
      outcome: 'unsupported',
      headers: { Accept: 'application/sdp, multipart/mixed, multipart/alternative, multipart/related' },
    });
    expect(session(SDP, { 'Content-Type': 'application/sdp', 'Content-Encoding': 'gzip' })).toEqual({
      outcome: 'unsupported', headers: { 'Accept-Encoding': 'identity' },
    });
    expect(session(parts('Content-Type: text/plain\r\n\r\nhello'), { 'Content-Type': 'multipart/mixed;boundary=b' }).outcome).toBe('unsupported');
  });

  it('an optional one that cannot be read counts as not there', () => {
    expect(session('hello', { 'Content-Type': 'text/plain', 'Content-Disposition': 'render; handling=optional' })).toEqual({ outcome: 'none' });
    expect(session('hello', { 'Content-Type': 'text/plain', 'Content-Disposition': 'render; handling=required' }).outcome).toBe('unsupported');
  });
});
