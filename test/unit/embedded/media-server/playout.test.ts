import { ClipWriter } from '../../../../src/embedded/media-server/rtp/clip-bytes';
import type { Clip, Segment } from '../../../../src/embedded/media-server/rtp/engine-messages';
import { Playout } from '../../../../src/embedded/media-server/rtp/playout';
import { RadioStation } from '../../../../src/embedded/media-server/rtp/radio-station';
import { G722Encoder } from '../../../../src/protocol/g722';

const clip = (code: number, length: number): Clip => ({
  pcmu: new Uint8Array(length).fill(code), pcma: new Uint8Array(length).fill(code + 100),
});
const once = (code: number, length: number, loops = 1): Segment => ({ kind: 'clip', clip: clip(code, length), start: 0, loops });

describe('what a stream plays', () => {
  const ended: [string, number][] = [];
  const radio = new Map<string, RadioStation>();
  let playout: Playout;

  beforeEach(() => {
    ended.length = 0;
    playout = new Playout({ ended: (playId, samples) => ended.push([playId, samples]) }, (name) => radio.get(name));
  });

  /** One packet as [code, count] runs; undefined when nothing plays. */
  function frame(number = 0, law: 'PCMU' | 'PCMA' = 'PCMU'): [number, number][] | undefined {
    const out = new Uint8Array(160);
    if (!playout.fill(new ClipWriter(law, new G722Encoder()), out, number)) return undefined;
    const runs: [number, number][] = [];
    for (const code of out) {
      const last = runs.at(-1);
      if (last?.[0] === code) last[1] += 1;
      else runs.push([code, 1]);
    }
    return runs;
  }

  it('is nothing at first, and a clip is padded with silence at its end', () => {
    expect(frame()).toBeUndefined();
    playout.push('a', [once(1, 200)], 1, 1);
    expect(frame()).toEqual([[1, 160]]);
    expect(frame()).toEqual([[1, 40], [0xff, 120]]);
    expect(ended).toEqual([['a', 200]]);
    expect(frame()).toBeUndefined();
  });

  it('pauses what lies below at its sample, and goes on with it inside the packet in which the top ends', () => {
    playout.push('base', [once(1, 480)], 1, 1);
    expect(frame()).toEqual([[1, 160]]);
    playout.push('over', [once(2, 200)], 1, 2);
    expect(frame()).toEqual([[2, 160]]);
    expect(frame()).toEqual([[2, 40], [1, 120]]);
    expect(frame()).toEqual([[1, 160]]);
    expect(frame()).toEqual([[1, 40], [0xff, 120]]);
    expect(ended).toEqual([['over', 200], ['base', 480]]);
  });

  it('lies by level, not by arrival', () => {
    playout.push('later', [once(2, 160)], 1, 2);
    playout.push('slow to decode', [once(1, 160)], 1, 1);
    expect(frame()).toEqual([[2, 160]]);
    expect(frame()).toEqual([[1, 160]]);
  });

  it('can be taken away anywhere', () => {
    playout.push('base', [once(1, 1600)], 1, 1);
    playout.push('over', [once(2, 1600)], 1, 2);
    frame();
    expect(playout.remove('base')).toBe(0);
    expect(playout.remove('base')).toBeUndefined();
    expect(frame()).toEqual([[2, 160]]);
    expect(playout.remove('over')).toBe(320);
    expect(playout.isPlaying).toBe(false);
  });

  it('joins segments without a gap, repeats clips and lists, and starts inside a clip', () => {
    playout.push('list', [once(1, 50, 2), { kind: 'silence', samples: 20 }, { kind: 'clip', clip: clip(3, 30), start: 20, loops: 1 }], 2, 1);
    expect(frame()).toEqual([[1, 100], [0xff, 20], [3, 10], [1, 30]]);
    expect(frame()).toEqual([[1, 70], [0xff, 20], [3, 10], [0xff, 60]]);
    expect(ended).toEqual([['list', 260]]);
  });

  it('loops for ever, but never turns round on nothing', () => {
    playout.push('endless', [once(1, 7)], -1, 1);
    for (let i = 0; i < 100; i += 1) expect(frame()).toEqual([[1, 160]]);
    playout.push('empty', [once(1, 0, -1)], -1, 2);
    expect(frame()).toEqual([[1, 160]]);
    expect(ended).toEqual([['empty', 0]]);
  });

  it('is the same place of a shared stream for everybody, in the listener\'s law', () => {
    radio.set('hold', new RadioStation([clip(1, 100), clip(2, 300)]));
    playout.push('music', [{ kind: 'radio', name: 'hold' }], 1, 1);
    expect(frame(0)).toEqual([[1, 100], [2, 60]]);
    expect(frame(2)).toEqual([[2, 80], [1, 80]]);
    expect(frame(2, 'PCMA')).toEqual([[102, 80], [101, 80]]);
    playout.push('over', [once(9, 100)], 1, 2);
    expect(frame(3)).toEqual([[9, 100], [2, 60]]);
  });

  it('is silence for a shared stream without audio', () => {
    radio.set('empty', new RadioStation([]));
    playout.push('music', [{ kind: 'radio', name: 'empty' }], 1, 1);
    expect(frame()).toEqual([[0xff, 160]]);
  });
});
