/** Lower rates are no speech; higher ones and more channels only serve to make a reader work. */
export const MIN_SAMPLE_RATE = 1_000;
export const MAX_SAMPLE_RATE = 384_000;
export const MAX_CHANNELS = 32;

/** Why audio of this shape is not read, or undefined. */
export function problemOfShape(sampleRate: number, channels: number): string | undefined {
  if (channels < 1 || channels > MAX_CHANNELS) return `${channels} channels are not supported`;
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) return `${sampleRate} Hz is not supported`;
  return undefined;
}
