import { type Readable } from 'node:stream';

export interface ReadBody {
  /** Of a body over the cap, what came before it. */
  readonly body: Buffer;
  readonly isComplete: boolean;
}

/** The body, up to `maxBytes`; the stream (and with it the connection) is destroyed as soon as it proves longer. */
export async function readBody(stream: Readable, maxBytes: number): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the stream.
    if (bytes > maxBytes) return { body: Buffer.concat(chunks, bytes).subarray(0, maxBytes), isComplete: false };
  }
  return { body: Buffer.concat(chunks, bytes), isComplete: true };
}
