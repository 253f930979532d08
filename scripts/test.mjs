// `make test`: build, types, lint, then the jest projects. The last line printed is `N passed, N failed, N skipped`;
// each of the three gates counts as one test.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, TestReport } from './test-report.mjs';

// The suite brings its own servers: what is set for `make run` (or handed on empty by make) must not reach it.
for (const name of Object.keys(process.env)) {
  if (/^(HOLDFAST_|DRACHTIO_|FREESWITCH_|REDIS_URL$)/.test(name)) delete process.env[name];
}

const bin = (name, path) => join(root, 'node_modules', name, path);
const report = new TestReport('test-summary');

const [isBuilt] = await report.gates([
  ['build', join(root, 'scripts/build.mjs'), []],
  ['types', bin('typescript', 'bin/tsc'), ['--noEmit']],
  ['lint', bin('eslint', 'bin/eslint.js'), ['.', '--max-warnings', '0']],
]);
if (isBuilt) writeFileSync(join(root, '.make/built'), '');
const twoAtOnce = ['--maxWorkers', '2'];
report.jest('corpora', ['--selectProjects', 'corpora', ...twoAtOnce]);
report.jest('parallel tests', ['--selectProjects', 'parallel', ...twoAtOnce]);
report.jest('journeys', ['--selectProjects', 'journeys', ...twoAtOnce]);
// `--forceExit`: phones and clients of a journey that failed would keep the one process alive.
report.jest('timed journeys', ['--selectProjects', 'timed', '--runInBand', '--forceExit']);
report.finish();
