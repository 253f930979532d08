'use strict';
/**
 * Preloaded (`node --require`) into supervised Node programs: when the IPC channel to the supervisor closes, the
 * supervisor is gone, even by SIGKILL, and the program must end too: by its own SIGTERM way first, then by force.
 * Worker threads inherit `--require`; only the main thread watches. Plain JavaScript, because it is also preloaded
 * where nothing was compiled (tests).
 */
const { isMainThread } = require('node:worker_threads');

if (isMainThread && process.channel) {
  process.once('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5_000).unref();
    process.kill(process.pid, 'SIGTERM');
  });
  // Watching must not keep a program alive that has nothing else to do.
  process.channel.unref();
}
