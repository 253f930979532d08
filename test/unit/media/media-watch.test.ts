import { mediaTimeoutFor, NEVER_MS } from '../../../src/media/media-watch';
import { TEMPLATE_SDP } from '../../../src/media';

const described = (...lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\r\n');

describe('how long a far end may send nothing', () => {
  it.each<[string, string, number]>([
    ['as long as configured while it talks', described('m=audio 4000 RTP/AVP 0 101'), 60_000],
    ['ten times as long when it offers comfort noise', described('m=audio 4000 RTP/AVP 0 13 101'), 600_000],
    ['for ever when it holds us', described('m=audio 4000 RTP/AVP 0', 'a=sendonly'), NEVER_MS],
    ['for ever when it only listens', described('m=audio 4000 RTP/AVP 0', 'a=recvonly'), NEVER_MS],
    ['for ever when nothing is to flow', described('m=audio 4000 RTP/AVP 0', 'a=inactive'), NEVER_MS],
    ['for ever when it holds us the old way', described('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'), NEVER_MS],
    ['for ever before it is there', TEMPLATE_SDP, NEVER_MS],
    ['for ever when it has no audio', described('m=audio 0 RTP/AVP 0'), NEVER_MS],
  ])('is %s', (_name, sdp, expected) => {
    expect(mediaTimeoutFor(sdp, 60_000)).toBe(expected);
  });
});
