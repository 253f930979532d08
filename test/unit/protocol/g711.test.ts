import { compressSample, decodeG711, encodeG711, expandSample, G711_SILENCE, transcodeG711 } from '../../../src/protocol/g711';

describe('G.711', () => {
  it('expands the corner codes of mu-law to the values of G.711 table 2', () => {
    // output values y0 = 0, y1 = 2, y127 = 8031 of the recommendation, which counts in 14 bits
    expect([0xff, 0xfe, 0x80, 0x7f, 0x7e, 0x00].map((code) => expandSample('PCMU', code) / 4)).toEqual([0, 2, 8031, 0, -2, -8031]);
  });

  it('expands the corner codes of A-law to the values of G.711 table 1', () => {
    // output values 1 and 4032 of the recommendation, which counts in 13 bits
    expect([0xd5, 0x55, 0xaa, 0x2a].map((code) => expandSample('PCMA', code) / 8)).toEqual([1, -1, 4032, -4032]);
  });

  it.each(['PCMU', 'PCMA'] as const)('gives every %s code back after expanding and compressing it', (law) => {
    for (let code = 0; code < 256; code += 1) {
      const back = compressSample(law, expandSample(law, code));
      // mu-law has two zeros; the negative one (0x7f) is never produced
      expect(back).toBe(law === 'PCMU' && code === 0x7f ? 0xff : code);
    }
  });

  it.each(['PCMU', 'PCMA'] as const)('keeps every sample within half a step of its %s value', (law) => {
    for (let sample = -32_768; sample <= 32_767; sample += 7) {
      const error = Math.abs(expandSample(law, compressSample(law, sample)) - sample);
      expect(error).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 32 + 8));
    }
  });

  it('codes silence as the codes the RTP engine sends', () => {
    expect(compressSample('PCMU', 0)).toBe(G711_SILENCE.PCMU);
    expect(compressSample('PCMA', 0)).toBe(G711_SILENCE.PCMA);
  });

  it('transcodes between the laws as decoding and encoding would', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
    expect(transcodeG711('PCMU', 'PCMA', all)).toEqual(encodeG711('PCMA', decodeG711('PCMU', all)));
    expect(transcodeG711('PCMA', 'PCMU', all)).toEqual(encodeG711('PCMU', decodeG711('PCMA', all)));
    expect(transcodeG711('PCMA', 'PCMA', all)).toEqual(all);
  });
});
