import { sdpOf } from '../../../src/dialogs/sdp-body';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n';
const message = (contentType: string | undefined, body: string): { body: string; get: (name: string) => string | undefined } =>
  ({ body, get: (name) => (name === 'Content-Type' ? contentType : undefined) });
const part = (head: string, content: string): string => `--b1\r\n${head}\r\n\r\n${content}\r\n`;
const ISUP = part('Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional', '\u0001\u0000\u0011');
const withSdp = `${ISUP}${part('Content-Type: application/sdp', SDP)}--b1--\r\n`;

describe('the SDP of a message', () => {
  it.each<[string, string | undefined, string, string]>([
    ['is the body', 'application/sdp', SDP, SDP],
    ['is the body where no type is named', undefined, SDP, SDP],
    ['is the body whatever the letters of its type', 'Application/SDP ; charset=utf-8', SDP, SDP],
    ['is the part of that type', 'multipart/mixed;boundary=b1', withSdp, SDP],
    ['is found by a quoted boundary, after a preamble', 'multipart/mixed; boundary="b1"', `ignored\r\n${withSdp}`, SDP],
    ['is found in a part of parts', 'multipart/mixed;boundary=o', `--o\r\ncontent-type: multipart/alternative; boundary=b1\r\n\r\n${withSdp}\r\n--o--`, SDP],
    ['is not there without that type', 'application/isup', 'v=0\r\n', ''],
    ['is not there after the last delimiter', 'multipart/mixed;boundary=b1', `${ISUP}--b1--\r\n${part('Content-Type: application/sdp', SDP)}`, ''],
    ['is not there without a boundary', 'multipart/mixed', withSdp, ''],
    ['is not there in an empty body', 'application/sdp', ' \r\n', ''],
    ['is not there in a part without a type', 'multipart/mixed;boundary=b1', `--b1\r\n\r\n${SDP}\r\n--b1--`, ''],
  ])('%s', (_name, contentType, body, expected) => {
    expect(sdpOf(message(contentType, body))).toBe(expected);
  });

  it('is looked for in linear time', () => {
    const hostile = message('multipart/mixed;boundary=b1', '--b1\r\n'.repeat(10_000));
    const startedAt = performance.now();
    expect(sdpOf(hostile)).toBe('');
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
