import { JitterBuffer } from '../../../../src/embedded/media-server/rtp/jitter-buffer';

const SILENCE = 0xff;
const packet = (code: number, length = 160): Buffer => Buffer.alloc(length, code);
const pull = (buffer: JitterBuffer): number[] => {
  const out = new Uint8Array(160);
  buffer.pull(out, SILENCE);
  return [...new Set(out)];
};

/** A repeatable source of numbers from 0 to 1. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

interface Weather {
  readonly loss: number;
  /** Delays are spread evenly up to this. */
  readonly jitterMs: number;
  readonly seconds?: number;
  /** The sender's clock against ours. */
  readonly drift?: number;
  readonly seed?: number;
  /** When our frames have their turn, after the sender's. */
  readonly phaseMs?: number;
}

interface Measurement {
  readonly arrived: number;
  readonly played: number;
  readonly late: number;
  /** Late ones of the first second. */
  readonly lateAtFirst: number;
  /** Silence in milliseconds from the first audio to the last. */
  readonly missingMs: number;
  /** Highest and mean delay in the second half. */
  readonly meanDepthMs: number;
  readonly mostDepthMs: number;
  /** Frames that came out in the wrong order. */
  readonly disordered: number;
}

/** Sends a packet every 20 ms through that weather; each packet says its number in every byte pair. */
function measure({ loss, jitterMs, seconds = 60, drift = 0, seed = 7, phaseMs = 10 }: Weather): Measurement {
  const random = chance(seed);
  const buffer = new JitterBuffer();
  const arrivals: { readonly at: number; readonly number: number }[] = [];
  for (let number = 0; number < seconds * 50; number += 1) {
    const delay = random() * jitterMs;
    if (random() >= loss) arrivals.push({ at: number * 20 * (1 + drift) + delay, number });
  }
  arrivals.sort((a, b) => a.at - b.at);
  const depths: number[] = [];
  let [next, last, disordered, lateAtFirst, missingMs, silentMs] = [0, -1, 0, 0, 0, 0];
  for (let frame = 0; frame < seconds * 50 + 20; frame += 1) {
    for (; (arrivals[next]?.at ?? Number.POSITIVE_INFINITY) <= frame * 20 + phaseMs; next += 1) {
      const { number = 0 } = arrivals[next] ?? {};
      const payload = Buffer.alloc(160);
      for (let at = 0; at < 160; at += 2) payload.writeUInt16BE(number, at);
      buffer.push((number * 160 + 0xffff_f000) >>> 0, payload);
    }
    const out = Buffer.alloc(160);
    if (buffer.pull(out, SILENCE)) {
      const heard = Array.from({ length: 80 }, (_, i) => out.readUInt16BE(i * 2)).filter((value) => value !== 0xffff);
      for (const value of heard) {
        if (value < last) disordered += 1;
        last = Math.max(last, value);
      }
      missingMs += silentMs + (80 - heard.length) / 4;
      silentMs = 0;
    } else if (last >= 0) silentMs += 20;
    if (frame === 50) lateAtFirst = buffer.late;
    if (frame > seconds * 25) depths.push(buffer.depthMs);
  }
  const meanDepthMs = depths.reduce((sum, depth) => sum + depth, 0) / depths.length;
  return {
    arrived: arrivals.length, played: buffer.played, late: buffer.late, lateAtFirst, missingMs, meanDepthMs,
    mostDepthMs: Math.max(...depths), disordered,
  };
}

describe('the jitter buffer', () => {
  it('holds one packet back, then gives them out at their time, however they came', () => {
    const buffer = new JitterBuffer();
    buffer.push(0xffff_ff60, packet(1));
    expect(pull(buffer)).toEqual([SILENCE]);
    buffer.push(160, packet(3));
    buffer.push(0, packet(2));
    expect([pull(buffer), pull(buffer), pull(buffer), pull(buffer)]).toEqual([[1], [2], [3], [SILENCE]]);
  });

  it('leaves the time of a lost packet empty, and plays one that came twice once', () => {
    const buffer = new JitterBuffer();
    for (const number of [0, 1, 1, 3]) buffer.push(number * 160, packet(number + 1));
    pull(buffer);
    expect([pull(buffer), pull(buffer), pull(buffer), pull(buffer)]).toEqual([[1], [2], [SILENCE], [4]]);
  });

  it('takes packets of any length', () => {
    const buffer = new JitterBuffer();
    for (let i = 0; i < 2; i += 1) buffer.push(i * 240, packet(i + 1, 240));
    pull(buffer);
    expect([pull(buffer), pull(buffer), pull(buffer)]).toEqual([[1], [1, 2], [2]]);
  });

  it('waits longer after a packet that came late, and less again when all come early', () => {
    const buffer = new JitterBuffer();
    buffer.push(0, packet(1));
    for (let i = 0; i < 3; i += 1) pull(buffer);
    buffer.push(160, packet(2)); // its time was the frame before
    expect(buffer.late).toBe(1);
    const depths: number[] = [];
    for (let number = 2; number < 600; number += 1) {
      buffer.push(number * 160, packet(3));
      depths.push(buffer.depthMs);
      pull(buffer);
    }
    expect(depths[0]).toBeGreaterThanOrEqual(40);
    expect(depths.at(-1)).toBeLessThan(depths[0] ?? 0);
  });

  it('goes on after a pause, whether the timestamps ran on meanwhile or stood still', () => {
    for (const jump of [50 * 160, 160, 5_000_000]) {
      const buffer = new JitterBuffer();
      buffer.push(0, packet(1));
      for (let i = 0; i < 50; i += 1) pull(buffer);
      for (let i = 0; i < 5; i += 1) buffer.push(jump + i * 160, packet(i + 2));
      const heard = Array.from({ length: 8 }, () => pull(buffer)[0]).filter((code) => code !== SILENCE);
      expect(heard.at(-1)).toBe(6);
      expect(heard.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('loses nothing of a paced sender whose packets wander by up to 15 ms, from the first one on', () => {
    for (let phaseMs = 0; phaseMs < 20; phaseMs += 1) {
      for (const seed of [1, 2, 3]) {
        const measured = measure({ loss: 0, jitterMs: 15, seconds: 20, seed, phaseMs });
        expect(measured).toMatchObject({ late: 0, lateAtFirst: 0, missingMs: 0, disordered: 0 });
        expect(measured.mostDepthMs).toBeLessThanOrEqual(60);
      }
    }
  });

  it('takes more time after the first packet that is late, and then loses nothing either', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { late, lateAtFirst, disordered } = measure({ loss: 0, jitterMs: 35, seed });
      expect({ lateLater: late - lateAtFirst, disordered }).toEqual({ lateLater: 0, disordered: 0 });
      expect(lateAtFirst).toBeLessThanOrEqual(1);
    }
  });

  it.each<[string, Weather, { played: number; meanDepthMs: number }]>([
    ['a calm network', { loss: 0, jitterMs: 5 }, { played: 0.999, meanDepthMs: 40 }],
    ['30 % loss', { loss: 0.3, jitterMs: 5 }, { played: 0.999, meanDepthMs: 40 }],
    ['jitter of 60 ms, which changes the order', { loss: 0, jitterMs: 60 }, { played: 0.985, meanDepthMs: 120 }],
    ['30 % loss and jitter of 80 ms', { loss: 0.3, jitterMs: 80 }, { played: 0.97, meanDepthMs: 140 }],
    ['a sender that is 200 ppm fast', { loss: 0.05, jitterMs: 20, drift: -0.0002 }, { played: 0.98, meanDepthMs: 80 }],
    ['a sender that is 200 ppm slow', { loss: 0.05, jitterMs: 20, drift: 0.0002 }, { played: 0.98, meanDepthMs: 80 }],
  ])('plays what arrives, in order and with little delay: %s', (_name, weather, bounds) => {
    const measured = measure(weather);
    expect(measured.played / measured.arrived).toBeGreaterThan(bounds.played);
    expect(measured.meanDepthMs).toBeLessThan(bounds.meanDepthMs);
    expect(measured.mostDepthMs).toBeLessThan(240);
    expect(measured.disordered).toBe(0);
    if (process.env['SHOW']) console.log(weather, measured);
  });
});
