import { dominantTone, rms, SAMPLE_RATE } from './goertzel';
import { SILENCE_RMS } from './call-audio';

/** What a stretch of sound is like, as a person would say. */
export type SoundKind =
  | { readonly kind: 'silence' }
  | { readonly kind: 'tone'; readonly frequency: number }
  | { readonly kind: 'speech' }
  | { readonly kind: 'music' };

const FRAME = SAMPLE_RATE / 50;
/** A single frequency with this share of a second's energy is a tone to the ear. */
const TONE_SHARE = 0.8;
/**
 * Part of quiet 20 ms frames (under half of the mean loudness) that makes sound speech: syllables and stops leave
 * holes, sustained music does not ("percentage of low-energy frames" in Scheirer and Slaney, ICASSP 1997).
 */
const SPEECH_QUIET_PART = 0.3;

/** Judges about a second of 8 kHz sound; speech against music is a good guess, silence and tones are certain. */
export function soundKind(samples: Int16Array): SoundKind {
  const loudness = rms(samples);
  if (loudness < SILENCE_RMS) return { kind: 'silence' };
  const tone = dominantTone(samples.subarray(-FRAME * 5));
  if (tone.share >= TONE_SHARE && rms(samples.subarray(-FRAME * 5)) >= SILENCE_RMS) {
    return { kind: 'tone', frequency: Math.round(tone.frequency) };
  }
  let quiet = 0;
  let frames = 0;
  for (let start = 0; start + FRAME <= samples.length; start += FRAME, frames += 1) {
    if (rms(samples.subarray(start, start + FRAME)) < loudness / 2) quiet += 1;
  }
  return quiet / Math.max(frames, 1) >= SPEECH_QUIET_PART ? { kind: 'speech' } : { kind: 'music' };
}
