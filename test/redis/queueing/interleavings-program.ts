/** `node --import tsx interleavings-program.ts <seed> <runs>`: runs them and prints the report as JSON. */
import { runInterleavings } from './run-interleavings';

// The Redis of the runs ends with the process, which a signal alone would not make it do.
process.once('SIGTERM', () => process.exit(143));

const [seed, runs] = process.argv.slice(2).map(Number);
runInterleavings(seed ?? 0, runs ?? 0).then(
  (report) => process.stdout.write(JSON.stringify(report)),
  (error: unknown) => {
    process.stderr.write(error instanceof Error ? `${error.message}\n${error.stack}` : String(error));
    process.exit(1);
  },
);
