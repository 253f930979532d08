import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * Starts one of our thread entries, `name` relative to this folder without extension. From sources (tests) the thread
 * needs a loader for TypeScript, which a built server neither has nor needs.
 */
export function startThread(name: string): Worker {
  const extension = extname(__filename);
  const execArgv = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  return new Worker(join(__dirname, `${name}${extension}`), { execArgv });
}
