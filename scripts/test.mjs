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

if (report.gate('build', join(root, 'scripts/build.mjs'), [])) writeFileSync(join(root, '.make/built'), '');
report.gate('types', bin('typescript', 'bin/tsc'), ['--noEmit']);
report.gate('lint', bin('eslint', 'bin/eslint.js'), ['.', '--max-warnings', '0']);
report.jest('corpora', ['--selectProjects', 'corpora', '--maxWorkers', '2']);
// `--forceExit`: gateways that the fault runs have killed leave connections that try for a while, and nobody waits for those.
report.jest('parallel tests', ['--selectProjects', 'parallel', '--forceExit']);
// Timing journeys are disturbed by whatever runs beside them, so they come alone.
report.jest('journeys', ['--selectProjects', 'serial', '--runInBand', '--forceExit']);
report.finish();
