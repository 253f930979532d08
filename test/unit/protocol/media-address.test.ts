import { withMediaAddress } from '../../../src/protocol/sdp';

const sdp = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

describe('our address in a session description', () => {
  const inside = sdp([
    'v=0', 'o=FreeSWITCH 1760000000 1760000001 IN IP4 10.0.0.7', 's=FreeSWITCH', 'c=IN IP4 10.0.0.7', 't=0 0',
    'm=audio 20134 RTP/AVP 0 101', 'c=IN IP4 10.0.0.7', 'a=rtcp:20135 IN IP4 10.0.0.7', 'a=rtpmap:101 telephone-event/8000', 'a=ptime:20',
  ]);

  it('is the one that the far end sees, wherever it stands', () => {
    expect(withMediaAddress(inside, '203.0.113.9')).toBe(inside.replaceAll('10.0.0.7', '203.0.113.9'));
  });

  it('may be of the other family', () => {
    expect(withMediaAddress(inside, '2001:db8::9')).toBe(inside.replaceAll('IN IP4 10.0.0.7', 'IN IP6 2001:db8::9'));
  });

  it('leaves the old hold, and text that only looks like it, as they are', () => {
    const held = sdp(['v=0', 'o=- 1 2 IN IP4 0.0.0.0', 's=c=IN IP4 10.0.0.7', 'c=IN IP4 0.0.0.0', 'a=x:IN IP4 10.0.0.7']);
    expect(withMediaAddress(held, '203.0.113.9')).toBe(held);
  });
});
