// `make test`: build, types, lint, then both jest projects. The last line printed is `N passed, N failed, N skipped`;
// each of the three gates counts as one test. A run in which nothing ran is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const work = join(root, '.make');
mkdirSync(work, { recursive: true });
rmSync(join(work, 'test-summary'), { force: true });

const total = { passed: 0, failed: 0, skipped: 0 };
const complaints = [];

function run(title, script, args) {
  console.log(`\n== ${title}`);
  const startedAt = Date.now();
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  console.log(`== ${title}: ${status === 0 ? 'ok' : 'FAILED'} after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
  return status === 0;
}

function gate(title, script, args) {
  const ok = run(title, script, args);
  total[ok ? 'passed' : 'failed'] += 1;
  if (!ok) complaints.push(title);
  return ok;
}

function jest(title, args) {
  const output = join(work, `jest-${title.replaceAll(' ', '-')}.json`);
  rmSync(output, { force: true });
  const all = ['--json', `--outputFile=${output}`, '--passWithNoTests', ...args];
  const ok = run(title, require.resolve('jest/bin/jest'), all);
  if (!existsSync(output)) {
    total.failed += 1;
    complaints.push(`${title}: jest wrote no result`);
    return;
  }
  const result = JSON.parse(readFileSync(output, 'utf8'));
  total.passed += result.numPassedTests;
  // A file that cannot even be loaded has no failed tests of its own.
  total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  total.skipped += result.numPendingTests + result.numTodoTests;
  for (const file of result.testResults.filter(({ status }) => status === 'failed')) complaints.push(file.name.replace(root, ''));
  if (!ok && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) {
    total.failed += 1;
    complaints.push(`${title}: jest ended with an error`);
  }
}

const bin = (name, path) => join(root, 'node_modules', name, path);
if (gate('build', join(root, 'scripts/build.mjs'), [])) writeFileSync(join(work, 'built'), '');
gate('types', bin('typescript', 'bin/tsc'), ['--noEmit']);
gate('lint', bin('eslint', 'bin/eslint.js'), ['.', '--max-warnings', '0']);
// Timing journeys are disturbed by whatever runs beside them, so they come alone.
jest('parallel tests', ['--selectProjects', 'parallel']);
jest('journeys', ['--selectProjects', 'serial', '--runInBand']);

if (complaints.length > 0) console.log(`\nfailed:\n${complaints.map((line) => `  ${line}`).join('\n')}`);
const summary = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
writeFileSync(join(work, 'test-summary'), `${summary}\n`);
console.log(`\n${summary}`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
