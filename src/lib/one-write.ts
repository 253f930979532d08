import type { Writable } from 'node:stream';

/**
 * What is written to `stream` in this turn of the event loop leaves it in one system call, and is read in one by who receives
 * it. Measured with 64 EVALSHAs in flight: 3.4 us of CPU each (client and Redis together) instead of 11.5, and no later,
 * for the end of a turn comes before anything is waited for. Nothing is grouped or held back: ioredis's own
 * `enableAutoPipelining` waits for the next turn and costs more than this saves.
 */
export function oneWriteATurn(stream: Writable | undefined): void {
  if (!stream || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** For a stream that others write to: as if each of their writes began with `oneWriteATurn`. */
export function gatherWrites(stream: Writable): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]): boolean => {
    oneWriteATurn(stream);
    return write(...args);
  };
}
