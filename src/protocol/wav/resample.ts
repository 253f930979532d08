import { Resampler } from './resampler';

/** A whole mono clip at another rate; see Resampler. */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples;
  const resampler = new Resampler(fromRate, toRate);
  const [body, rest] = [resampler.push(samples), resampler.end()];
  const out = new Int16Array(body.length + rest.length);
  out.set(body);
  out.set(rest, body.length);
  return out;
}
