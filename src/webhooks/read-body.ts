import type { Dispatcher } from 'undici';

export interface ReadBody {
  /** Of a body over the cap, what came before it. */
  readonly body: Buffer;
  readonly isComplete: boolean;
}

/**
 * The body, up to `maxBytes`; the stream (and with it the connection) is destroyed as soon as it proves longer. A body whose
 * Content-Length is within them cannot be longer (RFC 9112 section 6.3, and undici's parser keeps to it): it is taken whole,
 * for iterating over it costs more than all our other work on an answer.
 */
export async function readBody(stream: Dispatcher.ResponseData['body'], maxBytes: number, contentLength = ''): Promise<ReadBody> {
  if (/^\d{1,9}$/.test(contentLength) && Number(contentLength) <= maxBytes) {
    const whole = await stream.bytes();
    return { body: Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength), isComplete: true };
  }
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
