import { resolve } from 'node:path';
import { renderHoldMusic } from './render-hold-music';

/** `node dist/media/hold-music/main.js DIRECTORY`: run by `make run` before its media server; containers have `prepare.ts`. */
const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: main.js DIRECTORY\n');
  process.exitCode = 2;
} else {
  renderHoldMusic(resolve(directory)).then(
    ({ rendered }) => process.stdout.write(`ready hold-music=${resolve(directory)}${rendered ? ' (rendered)' : ''}\n`),
    (error: unknown) => {
      process.stderr.write(`hold music could not be written to ${resolve(directory)}: ${String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
