import { encodeG711 } from '../../../src/protocol/g711';
import { decodeWav, encodeWav, mixToMono, resample } from '../../../src/protocol/wav';

const chunk = (name: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
};

function wav(tag: number, bits: number, data: Buffer, options: { channels?: number; extensible?: boolean; before?: Buffer } = {}): Buffer {
  const { channels = 1, extensible = false, before = Buffer.alloc(0) } = options;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(8000, 4);
  format.writeUInt16LE(bits, 14);
  if (extensible) format.writeUInt16LE(tag, 24);
  const body = Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), before, chunk('data', data)]);
  return chunk('RIFF', body);
}

const samplesOf = (bytes: Buffer): number[] | string => {
  const decoded = decodeWav(bytes);
  return decoded.outcome === 'audio' ? [...decoded.audio.samples] : decoded.reason;
};

const sine = (rate: number, frequency: number, seconds: number): Int16Array =>
  Int16Array.from({ length: rate * seconds }, (_, i) => 10_000 * Math.sin((2 * Math.PI * frequency * i) / rate));

/** Amplitude of `frequency` in the middle half of the samples. */
function amplitude(samples: Int16Array, rate: number, frequency: number): number {
  let [re, im, count] = [0, 0, 0];
  for (let i = samples.length >> 2; i < (samples.length * 3) >> 2; i += 1, count += 1) {
    re += (samples[i] ?? 0) * Math.cos((2 * Math.PI * frequency * i) / rate);
    im += (samples[i] ?? 0) * Math.sin((2 * Math.PI * frequency * i) / rate);
  }
  return (2 * Math.hypot(re, im)) / count;
}

describe('WAV', () => {
  it('reads PCM of 8, 16, 24 and 32 bits', () => {
    expect(samplesOf(wav(1, 8, Buffer.from([0, 128, 255])))).toEqual([-32_768, 0, 32_512]);
    expect(samplesOf(wav(1, 16, Buffer.from('0080ff7f0100', 'hex')))).toEqual([-32_768, 32_767, 1]);
    expect(samplesOf(wav(1, 24, Buffer.from('000080ffff7f', 'hex')))).toEqual([-32_768, 32_767]);
    expect(samplesOf(wav(1, 32, Buffer.from('00000080ffffff7f', 'hex')))).toEqual([-32_768, 32_767]);
  });

  it('reads float and clips what is too loud', () => {
    const data = Buffer.alloc(12);
    [0.5, -2, 0].forEach((value, i) => data.writeFloatLE(value, i * 4));
    expect(samplesOf(wav(3, 32, data))).toEqual([16_384, -32_768, 0]);
  });

  it('reads mu-law and A-law', () => {
    const samples = Int16Array.from([-8031 * 4, 0, 8031 * 4]);
    expect(samplesOf(wav(7, 8, encodeG711('PCMU', samples)))).toEqual([...samples]);
    expect(samplesOf(wav(6, 8, encodeG711('PCMA', Int16Array.from([8, -8]))))).toEqual([8, -8]);
  });

  it('reads the extensible form and walks over odd and unknown chunks', () => {
    const bytes = wav(1, 16, Buffer.from('0100', 'hex'), { extensible: true, before: chunk('LIST', Buffer.from('odd')) });
    expect(samplesOf(bytes)).toEqual([1]);
  });

  it('gives what is there of a file that is cut off', () => {
    const whole = wav(1, 16, Buffer.from('010002000300', 'hex'));
    expect(samplesOf(whole.subarray(0, whole.length - 3))).toEqual([1]);
  });

  it('explains what it cannot read', () => {
    expect(samplesOf(Buffer.from('ID3'))).toBe('not a RIFF/WAVE file');
    expect(samplesOf(wav(2, 4, Buffer.from([1])))).toBe('format 2 with 4 bits is not supported');
    expect(samplesOf(wav(1, 16, Buffer.alloc(2), { channels: 0 }))).toBe('0 channels are not supported');
    expect(samplesOf(chunk('RIFF', Buffer.from('WAVE')))).toBe('no format chunk');
    expect(samplesOf(chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), chunk('data', Buffer.alloc(2))])))).toMatch(/^data before/);
  });

  it('writes what it reads', () => {
    const audio = { sampleRate: 16_000, channels: 2, samples: Int16Array.from([1, -1, 32_767, -32_768]) };
    expect(decodeWav(encodeWav(audio))).toEqual({ outcome: 'audio', audio });
  });

  it('averages stereo into mono', () => {
    expect([...mixToMono({ sampleRate: 8000, channels: 2, samples: Int16Array.from([100, 200, -10, 10]) })]).toEqual([150, 0]);
  });
});

describe('resampling', () => {
  it.each([16_000, 22_050, 44_100, 48_000])('keeps a 1 kHz tone and removes what would alias from %i Hz to 8 kHz', (rate) => {
    const kept = resample(sine(rate, 1000, 0.5), rate, 8000);
    expect(kept.length).toBe(4000);
    expect(amplitude(kept, 8000, 1000)).toBeGreaterThan(9900);
    expect(amplitude(kept, 8000, 1000)).toBeLessThan(10_100);
    const above = resample(sine(rate, 5000, 0.5), rate, 8000); // would fold down to 3 kHz
    expect(amplitude(above, 8000, 3000)).toBeLessThan(20);
  });

  it('raises 8 kHz to 16 kHz without an image of the tone', () => {
    const raised = resample(sine(8000, 1000, 0.5), 8000, 16_000);
    expect(amplitude(raised, 16_000, 1000)).toBeGreaterThan(9900);
    expect(amplitude(raised, 16_000, 7000)).toBeLessThan(20);
  });
});
