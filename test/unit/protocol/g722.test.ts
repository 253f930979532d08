import { createHash } from 'node:crypto';
import { G722Decoder, G722Encoder } from '../../../src/protocol/g722';

const sine = (hz: number, rate: number, seconds: number, amplitude = 8_000): Int16Array =>
  Int16Array.from({ length: rate * seconds }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rate));

/** Amplitude of one frequency. */
function levelAt(samples: Int16Array, hz: number, rate: number): number {
  let [real, imaginary] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * i) / rate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

/** Part of the energy that is not at `hz`, in dB below it. */
function signalToNoise(samples: Int16Array, hz: number, rate: number): number {
  const total = samples.reduce((sum, sample) => sum + sample * sample, 0);
  const wanted = (levelAt(samples, hz, rate) ** 2 * samples.length) / 2;
  return 10 * Math.log10(wanted / (total - wanted));
}

describe('G.722', () => {
  it.each([
    [300, 38], [1_000, 36], [2_500, 30], [3_500, 25], [5_000, 15], [6_500, 15],
  ])('gives back a tone of %i Hz at its level, with a signal to noise ratio over %i dB', (hz, ratio) => {
    const bytes = new G722Encoder().encode(sine(hz, 16_000, 1));
    expect(bytes.length).toBe(8_000);
    const settled = new G722Decoder().decode(bytes).subarray(1_600);
    expect(levelAt(settled, hz, 16_000) / 8_000).toBeGreaterThan(0.9);
    expect(levelAt(settled, hz, 16_000) / 8_000).toBeLessThan(1.1);
    expect(signalToNoise(settled, hz, 16_000)).toBeGreaterThan(ratio);
  });

  it('carries 8 kHz audio in its lower band, towards and from wideband ends', () => {
    const narrow = sine(1_000, 8_000, 1);
    const toWide = new G722Decoder().decode(new G722Encoder().encodeNarrow(narrow)).subarray(1_600);
    expect(levelAt(toWide, 1_000, 16_000) / 8_000).toBeCloseTo(1, 1);
    expect(signalToNoise(toWide, 1_000, 16_000)).toBeGreaterThan(30);
    const fromWide = new G722Decoder().decodeNarrow(new G722Encoder().encode(sine(1_000, 16_000, 1))).subarray(800);
    expect(levelAt(fromWide, 1_000, 8_000) / 8_000).toBeCloseTo(1, 1);
    expect(signalToNoise(fromWide, 1_000, 8_000)).toBeGreaterThan(30);
  });

  it('is understood by a decoder that comes late or missed a packet', () => {
    const bytes = new G722Encoder().encode(sine(1_000, 16_000, 1));
    const late = new G722Decoder().decode(bytes.subarray(4_000));
    expect(signalToNoise(late.subarray(3_200), 1_000, 16_000)).toBeGreaterThan(30);
    const gap = new G722Decoder();
    gap.decode(bytes.subarray(0, 3_200));
    expect(signalToNoise(gap.decode(bytes.subarray(3_360)).subarray(3_200), 1_000, 16_000)).toBeGreaterThan(30);
  });

  it('keeps to 16 bits when it is driven too far', () => {
    const square = Int16Array.from({ length: 16_000 }, (_, i) => (i % 40 < 20 ? 32_767 : -32_768));
    const back = new G722Decoder().decode(new G722Encoder().encode(square));
    expect(Math.max(...back)).toBeGreaterThan(25_000);
    expect(Math.min(...back)).toBeLessThan(-25_000);
  });

  // The sums are of this signal through this code when its output was the same, byte by byte and sample by sample, as
  // that of an independent implementation of the Recommendation.
  it('makes exactly the bits of the Recommendation', () => {
    let seed = 1;
    const noise = (): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return seed / 0x7fff_ffff - 0.5;
    };
    const signals = [
      (i: number) => ((i * 977) % 16_001) - 8_000, () => 65_534 * noise(), () => 0,
      (i: number) => (i % 50 < 25 ? 32_767 : -32_768), () => 200 * noise(),
    ];
    const samples = Int16Array.from({ length: 20_000 }, (_, i) => signals[Math.floor(i / 4_000)]?.(i) ?? 0);
    const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const bytes = new G722Encoder().encode(samples);
    const back = new G722Decoder().decode(bytes);
    const narrow = new G722Encoder().encodeNarrow(samples);
    const narrowBack = new G722Decoder().decodeNarrow(narrow);
    expect([bytes, asBytes(back), narrow, asBytes(narrowBack)].map(sum)).toEqual([
      '1cc1adf3a6ec50f2', 'b29dc2d9296074d9', '7c79ef18d1bc00eb', '45820da5b18dc22d',
    ]);
  });
});

const asBytes = ({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
