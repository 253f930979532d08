/** Peak of 0 dBm0 lies 3.14 dB under full scale (G.711 table notes); levels are counted from there. */
const PEAK_OF_0_DBM0 = 32_767 * 10 ** (-3.14 / 20);
const DEFAULT_LEVEL_DB = -7;
const MAX_SAMPLES = 8000 * 600;

export type ToneRendering =
  | { readonly outcome: 'tone'; readonly samples: Int16Array; readonly loops: number }
  | { readonly outcome: 'invalid'; readonly reason: string };

interface ToneStep {
  readonly onMs: number;
  readonly offMs: number;
  readonly frequencies: readonly number[];
  readonly levelDb: number;
}

const invalid = (reason: string): ToneRendering => ({ outcome: 'invalid', reason });

function renderStep(step: ToneStep, rate: number): Int16Array {
  const on = Math.round((step.onMs * rate) / 1000);
  const samples = new Int16Array(on + Math.round((step.offMs * rate) / 1000));
  const amplitude = PEAK_OF_0_DBM0 * 10 ** (step.levelDb / 20);
  for (let i = 0; i < on; i += 1) {
    let sum = 0;
    for (const frequency of step.frequencies) sum += Math.sin((2 * Math.PI * frequency * i) / rate);
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round(amplitude * sum)));
  }
  return samples;
}

/**
 * A teletone script as tone_stream takes it: `%(on ms,off ms,f1[,f2…])` steps separated by `;`, `v=` level in dB for
 * what follows (default -7), `L=` how often the script runs, `loops=` how often the whole stream does (-1 without
 * end).
 */
export function renderTones(script: string, rate = 8000): ToneRendering {
  let levelDb = DEFAULT_LEVEL_DB;
  let [repeats, loops] = [1, 1];
  const steps: ToneStep[] = [];
  for (const part of script.split(';').map((text) => text.trim())) {
    if (part === '') continue;
    const setting = /^(v|L|loops)=(-?\d+(?:\.\d+)?)$/.exec(part);
    const tone = /^%\(([\d.,\s]+)\)$/.exec(part);
    if (setting) {
      const value = Number(setting[2]);
      if (setting[1] === 'v') levelDb = value;
      else if (setting[1] === 'L') repeats = value;
      else loops = value;
    } else if (tone) {
      const [onMs = 0, offMs = 0, ...frequencies] = (tone[1] ?? '').split(',').map(Number);
      steps.push({ onMs, offMs, frequencies, levelDb });
    } else return invalid(`tone script part not understood: ${part}`);
  }
  if (steps.length === 0) return invalid('tone script without a tone');
  const rendered = steps.map((step) => renderStep(step, rate));
  const length = rendered.reduce((sum, samples) => sum + samples.length, 0);
  if (repeats < 0) loops = -1;
  const times = Math.max(1, repeats);
  if (length * times > MAX_SAMPLES) return invalid('tone script longer than ten minutes');
  const samples = new Int16Array(length * times);
  let at = 0;
  for (let i = 0; i < times; i += 1) {
    for (const part of rendered) {
      samples.set(part, at);
      at += part.length;
    }
  }
  return { outcome: 'tone', samples, loops };
}
