/** 8 kHz: what `file@@samples` of FreeSWITCH counts in for the files that we make. */
const SAMPLES_PER_MS = 8;

/** The source that goes on where `source` was after `playedMs`: a file of ours or a silence of limited length; else the same. */
export function resumedAt(source: string, playedMs: number): string {
  const played = Math.round(playedMs);
  if (played <= 0) return source;
  if (source.startsWith('/')) return `${source}@@${played * SAMPLES_PER_MS}`;
  const silence = /^silence_stream:\/\/([1-9]\d*)$/.exec(source)?.[1];
  return silence === undefined ? source : `silence_stream://${Math.max(1, Number(silence) - played)}`;
}
