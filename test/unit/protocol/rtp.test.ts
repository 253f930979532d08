import { addSequence, addTimestamp, decodeRtp, encodeRtp, sequenceDistance, timestampDistance } from '../../../src/protocol/rtp';

describe('RTP', () => {
  const packet = {
    payloadType: 101, marker: true, sequence: 65_535, timestamp: 0xfffffff0, ssrc: 0xdeadbeef, payload: Buffer.from([1, 2, 3]),
  };

  it('encodes the header of RFC 3550 section 5.1 byte by byte', () => {
    expect(encodeRtp(packet).toString('hex')).toBe('80e5fffffffffff0deadbeef010203');
  });

  it('decodes what it encodes', () => {
    expect(decodeRtp(encodeRtp(packet))).toEqual({ outcome: 'packet', packet });
  });

  it('skips contributing sources, a header extension and padding', () => {
    const bytes = Buffer.from('b1000001000000a000000001' + '00000009' + 'bede0001aabbccdd' + '7f7f' + '0002', 'hex');
    const decoded = decodeRtp(bytes);
    expect(decoded.outcome === 'packet' && decoded.packet.payload.toString('hex')).toBe('7f7f');
  });

  it.each([
    ['too short', '80'], ['another version', '00000001000000a000000001'], ['RTCP', '80c80001000000a000000001'],
    ['padding beyond the packet', 'a0000001000000a000000001ff'], ['an extension that is cut off', '90000001000000a000000001be'],
    ['padding of no bytes', 'a0000001000000a00000000100'],
  ])('refuses %s', (_name, hex) => {
    expect(decodeRtp(Buffer.from(hex, 'hex')).outcome).toBe('invalid');
  });

  it('counts sequence numbers and timestamps round their ends', () => {
    expect(addSequence(65_535, 1)).toBe(0);
    expect(addTimestamp(0xffffffff, 160)).toBe(159);
    expect(sequenceDistance(65_530, 3)).toBe(9);
    expect(sequenceDistance(3, 65_530)).toBe(-9);
    expect(timestampDistance(0xffffff00, 0x100)).toBe(0x200);
    expect(timestampDistance(0x100, 0xffffff00)).toBe(-0x200);
  });
});
