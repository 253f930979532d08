import { CallAudio, dominantTone, type ReceivedPacket, SAMPLE_RATE, soundKind, toneShare } from '../../../src/phone';
import { gapReport } from '../../support/gap-report';
import { ManualClock } from '../../support/manual-clock';
import { toneSamples, toneSequence } from '../../support/tones';

/** Where a ManualClock begins. */
const START_AT = 1_700_000_000_000;
const FRAME = 160;

/** A stream as it arrives without jitter: one packet each 20 ms, changed where `change` says so. */
function packetsOf(
  samples: Int16Array,
  change: (packet: ReceivedPacket, index: number) => ReceivedPacket | undefined = (packet) => packet,
): ReceivedPacket[] {
  return Array.from({ length: Math.floor(samples.length / FRAME) }, (_, index): ReceivedPacket => ({
    at: START_AT + index * 20, ssrc: 0xabc, sequence: (65_530 + index) & 0xffff,
    timestamp: (4_294_967_000 + index * FRAME) >>> 0, marker: index === 0, payloadType: 0, isEvent: false,
    samples: samples.subarray(index * FRAME, (index + 1) * FRAME),
  })).flatMap((packet, index) => change(packet, index) ?? []);
}

function clockAt(ms: number): ManualClock {
  const clock = new ManualClock();
  clock.advance(ms);
  return clock;
}

function audioOf(packets: readonly ReceivedPacket[], clock = clockAt(0)): CallAudio {
  const audio = new CallAudio({ clock });
  for (const packet of packets) audio.add(packet);
  return audio;
}

describe('what a call heard', () => {
  const sequence = toneSequence([[0, 200], [440, 400], [1000, 400], [0, 200]]);

  it('knows which tone sounded when, and silence', () => {
    const audio = audioOf(packetsOf(sequence));
    expect(audio.toneAt(START_AT + 50)).toBeUndefined();
    expect(audio.toneAt(START_AT + 300)).toBeCloseTo(440, -1);
    expect(audio.toneAt(START_AT + 700)).toBeCloseTo(1000, -1);
    expect(audio.toneAt(START_AT + 1_050)).toBeUndefined();
    expect(audio.isSilent(200)).toBe(true);
    expect(audio.isSilent(400)).toBe(false);
  });

  it('knows to the packet when a tone began and stopped', () => {
    const audio = audioOf(packetsOf(sequence));
    expect(audio.firstTimeOf(440)).toBe(START_AT + 200);
    expect(audio.lastTimeOf(440)).toBe(START_AT + 580);
    expect(audio.firstTimeOf(1000)).toBe(START_AT + 600);
    expect(audio.lastTimeOf(1000)).toBe(START_AT + 980);
    expect(audio.lastTimeOf(700)).toBeUndefined();
  });

  it('hears both of two mixed tones and neither of their neighbours', () => {
    const audio = audioOf(packetsOf(toneSamples({ tone: [440, 1000] }, 400)));
    expect([audio.firstTimeOf(440), audio.firstTimeOf(1000)]).toEqual([START_AT, START_AT]);
    expect([340, 540, 900, 1100].map((frequency) => audio.firstTimeOf(frequency))).toEqual(Array(4).fill(undefined));
  });

  it('hears a tone only while it is fresh', () => {
    const clock = clockAt(100);
    const audio = audioOf(packetsOf(toneSamples({ tone: 440 }, 100)), clock);
    expect(audio.hears(440)).toBe(true);
    clock.advance(300);
    expect(audio.hears(440)).toBe(false);
  });

  it('waits for a tone, and tells what was heard instead when it does not come', async () => {
    const clock = clockAt(0);
    const audio = new CallAudio({ clock });
    const heard = audio.waitForTone(440, { withinMs: 1_000 });
    const missed = audio.waitForTone(700, { withinMs: 1_000 });
    for (const packet of packetsOf(sequence.subarray(0, 4_000))) audio.add(packet);
    // 60 ms are listened to; two of their three packets being the tone is enough.
    expect(await heard).toBe(START_AT + 220);
    clock.advance(1_000);
    await expect(missed).rejects.toThrow(/^700 Hz not heard within 1000 ms; heard 44\d Hz/);
  });

  it('does not take a tone from before the question for an answer', async () => {
    const clock = clockAt(600);
    const audio = audioOf(packetsOf(toneSamples({ tone: 440 }, 600)), clock);
    const missed = audio.waitForTone(440, { withinMs: 100 });
    const [silence] = packetsOf(new Int16Array(FRAME));
    if (silence) audio.add({ ...silence, at: START_AT + 610 });
    clock.advance(100);
    await expect(missed).rejects.toMatchObject({ code: 'phone-tone-not-heard' });
  });

  it('is one unbroken stream across the wrap of sequence numbers and timestamps', () => {
    expect(gapReport(audioOf(packetsOf(sequence)))).toEqual([]);
  });

  it('reports gaps over 60 ms by their length, and at the edges of a stretch when asked', () => {
    const audio = audioOf(packetsOf(sequence, (packet, index) => (index >= 10 && index < 13 ? undefined : packet)));
    expect(audio.gaps()).toEqual([{ startedAt: START_AT + 180, durationMs: 80 }]);
    expect(audio.gaps({ overMs: 80 })).toEqual([]);
    const edges = audio.gaps({ fromAt: START_AT - 100, toAt: START_AT + 100 });
    expect(edges).toEqual([{ startedAt: START_AT - 100, durationMs: 100 }]);
    expect(audioOf([]).gaps({ fromAt: START_AT, toAt: START_AT + 500 }))
      .toEqual([{ startedAt: START_AT, durationMs: 500 }]);
  });

  it('reports a second SSRC, a timestamp that goes back and a lost packet', () => {
    const audio = audioOf(packetsOf(sequence, (packet, index) => {
      if (index === 5) return { ...packet, timestamp: packet.timestamp - 800 };
      if (index === 7) return undefined;
      return index >= 30 ? { ...packet, ssrc: 0xdef } : packet;
    }));
    expect(audio.ssrcs()).toEqual([0xabc, 0xdef]);
    expect(audio.timestampsMonotonic()).toBe(false);
    expect(audio.sequenceContinuous()).toBe(false);
    expect(gapReport(audio)).toEqual([
      '2 SSRCs: abc, def', expect.stringMatching(/^timestamp .* at \+100 ms$/),
      expect.stringMatching(/^sequence number 0 -> 2 at \+160 ms$/),
    ]);
  });

  it('reports a timestamp that stands still, except while a key is held', () => {
    const repeated = (isEvent: boolean): CallAudio =>
      audioOf(packetsOf(sequence.subarray(0, 800), (packet) => ({ ...packet, timestamp: 7, isEvent })));
    expect(repeated(false).timestampsMonotonic()).toBe(false);
    expect(repeated(true).timestampsMonotonic()).toBe(true);
  });

  it('keeps gaps as silence in a recording', () => {
    const samples = toneSamples({ tone: 440 }, 200);
    const late = (packet: ReceivedPacket, index: number): ReceivedPacket =>
      index < 5 ? packet : { ...packet, at: packet.at + 300 };
    const timeline = audioOf(packetsOf(samples, late)).timeline();
    expect(timeline).toHaveLength((500 * SAMPLE_RATE) / 1000);
    expect(timeline.subarray(800, 3_200).every((sample) => sample === 0)).toBe(true);
  });

  it('keeps no sound when told so, but times and numbers', () => {
    const audio = new CallAudio({ keepSound: false });
    for (const packet of packetsOf(sequence)) audio.add(packet);
    expect(audio.packets[0]?.samples).toBeUndefined();
    expect(gapReport(audio)).toEqual([]);
  });
});

describe('frequencies', () => {
  it.each([100, 440, 697, 1477, 3400])('finds %i Hz as the dominant tone, through mu-law loudness too', (frequency) => {
    const quiet = dominantTone(toneSamples({ tone: frequency, level: 0.02 }, 100));
    expect(Math.abs(quiet.frequency - frequency)).toBeLessThan(5);
    expect(quiet.share).toBeGreaterThan(0.95);
  });

  it('gives a tone all of its energy, and little of a tone 100 Hz away in 20 ms', () => {
    const samples = toneSamples({ tone: 440 }, 20);
    expect(toneShare(samples, 440)).toBeGreaterThan(0.95);
    expect(toneShare(samples, 540)).toBeLessThan(0.1);
    expect(toneShare(new Int16Array(160), 440)).toBe(0);
  });
});

describe('the kind of a sound', () => {
  const second = 1_000;
  it('is silence, a tone, music or speech', () => {
    expect(soundKind(new Int16Array(SAMPLE_RATE))).toEqual({ kind: 'silence' });
    expect(soundKind(toneSamples({ tone: 440 }, second))).toEqual({ kind: 'tone', frequency: 440 });
    expect(soundKind(toneSamples({ tone: [262, 330, 392] }, second))).toEqual({ kind: 'music' });
    // Syllables: bursts of harmonics with stops between them.
    expect(soundKind(toneSamples({ tone: [120, 240, 360, 720, 1080], onMs: 130, offMs: 100, level: 0.1 }, second)))
      .toEqual({ kind: 'speech' });
  });
});
