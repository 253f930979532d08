import { extname } from 'node:path';
import type { Segment } from '../rtp/engine-messages';
import type { ClipLibrary, ClipLoading } from './clip-library';
import { clipOfSamples } from './shared-clip';
import { renderTones } from './tone-script';

export type SoundResolution =
  | { readonly outcome: 'sound'; readonly segments: readonly Segment[] }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'error'; readonly reason: string };

const SAMPLES_PER_MS = 8;
const TONE_CACHE_SIZE = 64;

/** Low noise as silence_stream makes it with a divisor: the higher, the quieter (switch_generate_sln_silence). */
function noise(divisor: number): Int16Array {
  return Int16Array.from({ length: 8000 }, () => {
    let sum = 0;
    for (let i = 0; i < 6; i += 1) sum += Math.random() * 65_534 - 32_767;
    return sum / divisor;
  });
}

/** Turns the name of a sound, as `playback` gets it, into what a stream plays. */
export class SoundResolver {
  readonly #tones = new Map<string, Segment>();

  /** `radioNames` are the shared streams that exist. */
  constructor(
    private readonly clips: ClipLibrary,
    private readonly radioNames: ReadonlySet<string>,
  ) {}

  /** `startSample` skips the beginning of a file (`file@@samples`). */
  async resolve(name: string, startSample = 0): Promise<SoundResolution> {
    const bare = name.replace(/^\{[^}]*\}/, ''); // file parameters change nothing for what we play
    const [, scheme = 'file', rest = bare] = /^([a-z_]+):\/\/(.*)$/s.exec(bare) ?? [];
    switch (scheme) {
      case 'tone_stream': return this.#tone(rest);
      case 'silence_stream': return silence(rest);
      case 'local_stream': return this.#radio(rest);
      case 'file_string': return this.#sequence(rest.split('!'));
      case 'file': return this.#file(rest, startSample);
      default: return { outcome: 'not-found' };
    }
  }

  #tone(script: string): SoundResolution {
    let segment = this.#tones.get(script);
    if (!segment) {
      const rendered = renderTones(script);
      if (rendered.outcome === 'invalid') return { outcome: 'error', reason: rendered.reason };
      segment = { kind: 'clip', clip: clipOfSamples(rendered.samples), start: 0, loops: rendered.loops };
      const oldest = this.#tones.keys().next().value;
      if (this.#tones.size >= TONE_CACHE_SIZE && oldest !== undefined) this.#tones.delete(oldest);
      this.#tones.set(script, segment);
    }
    return { outcome: 'sound', segments: [segment] };
  }

  /** FreeSWITCH falls back to the stream named `default` (contract page section 9). */
  #radio(name: string): SoundResolution {
    const known = [name, 'default'].find((candidate) => this.radioNames.has(candidate));
    if (known === undefined) return { outcome: 'not-found' };
    return { outcome: 'sound', segments: [{ kind: 'radio', name: known }] };
  }

  async #sequence(names: readonly string[]): Promise<SoundResolution> {
    const segments: Segment[] = [];
    for (const part of await Promise.all(names.filter((name) => name !== '').map((name) => this.resolve(name)))) {
      if (part.outcome !== 'sound') return part;
      segments.push(...part.segments);
    }
    return segments.length === 0 ? { outcome: 'not-found' } : { outcome: 'sound', segments };
  }

  async #file(path: string, start: number): Promise<SoundResolution> {
    const loaded = await this.#loadWithExtension(path);
    if (loaded.outcome === 'unreadable') return { outcome: 'error', reason: loaded.reason };
    if (loaded.outcome === 'not-found') return loaded;
    return { outcome: 'sound', segments: [{ kind: 'clip', clip: loaded.clip, start, loops: 1 }] };
  }

  async #loadWithExtension(path: string): Promise<ClipLoading> {
    if (extname(path) !== '') return this.clips.load(path);
    for (const extension of ['.PCMU', '.wav']) {
      const loaded = await this.clips.load(path + extension);
      if (loaded.outcome !== 'not-found') return loaded;
    }
    return { outcome: 'not-found' };
  }
}

function silence(rest: string): SoundResolution {
  const [, ms, divisor] = /^(-?\d+)(?:,(\d+))?$/.exec(rest) ?? [];
  if (ms === undefined) return { outcome: 'error', reason: `silence_stream://${rest} is not a number of milliseconds` };
  const endless = Number(ms) < 0;
  const quiet = Number(divisor ?? 0);
  if (quiet === 0) {
    const samples = endless ? Number.POSITIVE_INFINITY : Number(ms) * SAMPLES_PER_MS;
    return { outcome: 'sound', segments: [{ kind: 'silence', samples }] };
  }
  const second = clipOfSamples(noise(quiet));
  if (endless) return { outcome: 'sound', segments: [{ kind: 'clip', clip: second, start: 0, loops: -1 }] };
  const samples = Number(ms) * SAMPLES_PER_MS;
  const segments: Segment[] = [];
  const whole = Math.floor(samples / second.pcmu.length);
  const remainder = samples % second.pcmu.length;
  if (whole > 0) segments.push({ kind: 'clip', clip: second, start: 0, loops: whole });
  if (remainder > 0) segments.push({ kind: 'clip', clip: second, start: second.pcmu.length - remainder, loops: 1 });
  return { outcome: 'sound', segments };
}
