// Runs test programs one after another and counts: what `make test` and `make test-production` have in common.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

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

  /** Programs, `[title, script, args]`, that count as one test each, all at once; for each whether it ended well. */
  gates(programs) {
    return Promise.all(programs.map(async ([title, script, args]) => {
      const startedAt = Date.now();
      const { ok, output } = await runQuietly(script, args);
      console.log(`\n== ${title}`);
      process.stdout.write(output);
      end(title, ok, startedAt);
      this.#total[ok ? 'passed' : 'failed'] += 1;
      if (!ok) this.#complaints.push(title);
      return ok;
    }));
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
    this.#complaints.push(...failed.flatMap(complaintsOf));
    if (!ok && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) {
      this.#total.failed += 1;
      this.#complaints.push(`${title}: jest ended with an error`);
    }
  }

  /** Prints what failed and how, for whoever sees only the end of a long run, then `N passed, N failed, N skipped`. A run in which nothing ran is a failure. */
  finish() {
    if (this.#complaints.length > 0) console.log(`\nfailed:\n${this.#complaints.map((line) => `  ${line}`).join('\n')}`);
    const { passed, failed, skipped } = this.#total;
    const summary = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    writeFileSync(this.#summaryFile, `${summary}\n`);
    console.log(`\n${summary}`);
    process.exit(failed > 0 || passed === 0 ? 1 : 0);
  }
}

/** The file of a jest result that failed and, for each of its failed tests, name and first lines of the reason. */
function complaintsOf({ name, message, assertionResults }) {
  const tests = assertionResults.filter(({ status }) => status === 'failed');
  const reasons = tests.length === 0 ? [message] : tests.map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n')}`);
  return [name.replace(root, ''), ...reasons.map((reason) => firstLines(stripVTControlCharacters(reason)))];
}

const firstLines = (text) => text.split('\n').filter((line) => line.trim() !== '').slice(0, 8).map((line) => `  ${line}`).join('\n  ');

function run(title, script, args) {
  console.log(`\n== ${title}`);
  const startedAt = Date.now();
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  end(title, status === 0, startedAt);
  return status === 0;
}

/** What it says is kept for its end. */
async function runQuietly(script, args) {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { ok: code === 0, output };
}

function end(title, ok, startedAt) {
  console.log(`== ${title}: ${ok ? 'ok' : 'FAILED'} after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
}
