'use strict';
// Loaded before a program (node --expose-gc --require): answers `{ do: 'memory' }` with what it holds after a collection.
process.on('message', ({ ask, do: what }) => {
  if (what !== 'memory') return;
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send({ answerTo: ask, answer: { rss, heap: heapUsed, buffers: external + arrayBuffers } });
});
// The channel alone keeps nobody alive.
process.channel?.unref();
