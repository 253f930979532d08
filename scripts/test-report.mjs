// Runs test programs one after another and counts: what `make test` and `make test-production` have in common.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const work = join(root, '.make');

export class TestReport {
  #total = { passed: 0, failed: 0, skipped: 0 };
  #complaints = [];
  #summaryFile;

  /** `summaryFile`: where below .make the last line is kept too. */
  constructor(summaryFile) {
    mkdirSync(work, { recursive: true });
    this.#summaryFile = join(work, summaryFile);
    rmSync(this.#summaryFile, { force: true });
  }

  /** A program that counts as one test; true when it ended well. */
  gate(title, script, args) {
    const ok = run(title, script, args);
    this.#total[ok ? 'passed' : 'failed'] += 1;
    if (!ok) this.#complaints.push(title);
    return ok;
  }

  jest(title, args) {
    const output = join(work, `jest-${title.replaceAll(' ', '-')}.json`);
    rmSync(output, { force: true });
    const all = ['--json', `--outputFile=${output}`, '--passWithNoTests', ...args];
    const ok = run(title, require.resolve('jest/bin/jest'), all);
    if (!existsSync(output)) {
      this.#total.failed += 1;
      this.#complaints.push(`${title}: jest wrote no result`);
      return;
    }
    const result = JSON.parse(readFileSync(output, 'utf8'));
    this.#total.passed += result.numPassedTests;
    // A file that cannot even be loaded has no failed tests of its own.
    this.#total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    this.#total.skipped += result.numPendingTests + result.numTodoTests;
    const failed = result.testResults.filter(({ status }) => status === 'failed');
    this.#complaints.push(...failed.map(({ name }) => name.replace(root, '')));
    if (!ok && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) {
      this.#total.failed += 1;
      this.#complaints.push(`${title}: jest ended with an error`);
    }
  }

  /** Prints what failed, then `N passed, N failed, N skipped`. A run in which nothing ran is a failure. */
  finish() {
    if (this.#complaints.length > 0) console.log(`\nfailed:\n${this.#complaints.map((line) => `  ${line}`).join('\n')}`);
    const { passed, failed, skipped } = this.#total;
    const summary = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    writeFileSync(this.#summaryFile, `${summary}\n`);
    console.log(`\n${summary}`);
    process.exit(failed > 0 || passed === 0 ? 1 : 0);
  }
}

function run(title, script, args) {
  console.log(`\n== ${title}`);
  const startedAt = Date.now();
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  console.log(`== ${title}: ${status === 0 ? 'ok' : 'FAILED'} after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
  return status === 0;
}
