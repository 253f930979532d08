import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { deferred, GatewayError, TypedEmitter } from '../lib';

/** A program to run. */
export interface ChildProgram {
  /** Short; the prefix of its lines. */
  readonly name: string;
  readonly run:
    | { readonly kind: 'node'; readonly script: string; readonly args?: readonly string[] }
    | { readonly kind: 'program'; readonly command: string; readonly args: readonly string[] };
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The line on stdout that says it is ready; default: begins with `ready`. */
  readonly ready?: RegExp;
  /** Default 15,000 ms. */
  readonly readyTimeoutMs?: number;
  /** Between SIGTERM and SIGKILL; default 5,000 ms. */
  readonly stopTimeoutMs?: number;
}

export interface ExitFacts {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The line that says why: an error it printed, else its last line. */
  readonly lastError: string | undefined;
}

/**
 * Runs `"$@"` and ends it when the pipe on descriptor 3 closes, which happens however the supervisor dies.
 * `read` is a builtin: the watcher is one sleeping subshell. It gets SIGKILL, because a fresh subshell may still have
 * the trap set and lose a SIGTERM (seen once in six runs), and holds no output, because a reader waits for the last
 * holder. `wait` is repeated, for a trapped signal interrupts it.
 */
const SHELL_GUARD = [
  'stop= child=',
  `trap 'stop=1; [ -z "$child" ] || kill -TERM $child 2>/dev/null' TERM INT`,
  '"$@" 3<&- & child=$!',
  '[ -z "$stop" ] || kill -TERM $child 2>/dev/null',
  '{ read -r _ <&3; kill -TERM $child 2>/dev/null; } >/dev/null 2>&1 & watcher=$!',
  'while :; do wait $child; code=$?; kill -0 $child 2>/dev/null || break; done',
  'kill -KILL $watcher 2>/dev/null; exit $code',
].join('\n');

/** Finds the one line that tells a person why a program ended. */
class LastWords {
  #error: string | undefined;
  #stderr: string | undefined;
  #stdout: string | undefined;

  hear(text: string, from: 'stdout' | 'stderr'): void {
    const line = text.trim();
    // Node ends the report of an uncaught error with its version, which explains nothing.
    if (line === '' || /^Node\.js v\d/.test(line)) return;
    if (from === 'stdout') this.#stdout = line;
    else if (/^(Uncaught )?\w*Error\b.*: /.test(line)) this.#error = line;
    else this.#stderr = line;
  }

  /** Programs such as redis-server complain on stdout. */
  get reason(): string | undefined {
    return this.#error ?? this.#stderr ?? this.#stdout;
  }
}

type ChildEvents = { line: [text: string, from: 'stdout' | 'stderr']; exit: [facts: ExitFacts] };

/** One life of a program. */
export class RunningChild extends TypedEmitter<ChildEvents> {
  readonly #child: ChildProcess;
  readonly #ready = deferred<string>();
  readonly #exited = deferred<ExitFacts>();
  readonly #lastWords = new LastWords();
  #gone = false;

  constructor(readonly program: ChildProgram) {
    super();
    this.#child = start(program);
    this.#read('stdout');
    this.#read('stderr');
    this.#child.once('error', (error) => this.#end(null, null, `${error.message}`));
    // The guard's pipe stays open on our side until we let go of it, and 'close' would wait for that.
    this.#child.once('exit', () => this.#child.stdio[3]?.destroy());
    // 'close' comes after both streams ended, so that the last line on stderr is known.
    this.#child.once('close', (code, signal) => this.#end(code, signal));
    this.#ready.promise.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Settles with the ready line; rejects when the program ends first or takes too long. */
  async whenReady(): Promise<string> {
    const ms = this.program.readyTimeoutMs ?? 15_000;
    const timer = setTimeout(() => {
      this.#ready.reject(new GatewayError('supervisor-child-not-ready',
        `${this.program.name} was not ready within ${ms} ms`));
    }, ms);
    try {
      return await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** SIGTERM, then SIGKILL when it takes too long. Safe to call again. */
  async stop(): Promise<{ readonly killed: boolean }> {
    if (this.#gone) return { killed: false };
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.kill();
    }, this.program.stopTimeoutMs ?? 5_000);
    this.#child.kill('SIGTERM');
    await this.#exited.promise;
    clearTimeout(timer);
    return { killed };
  }

  /** At once and for certain, with everything it started. */
  kill(): void {
    if (this.#gone || this.#child.pid === undefined) return;
    try {
      // It leads a process group of its own (detached), which holds the guarded program or its own children.
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch (error) {
      // ESRCH: it ended between the check and the signal.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #read(from: 'stdout' | 'stderr'): void {
    const stream = this.#child[from];
    if (stream === null) return;
    const ready = this.program.ready ?? /^ready\b/;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (text) => {
      this.#lastWords.hear(text, from);
      if (from === 'stdout' && ready.test(text)) this.#ready.resolve(text);
      this.emit('line', text, from);
    });
  }

  #end(code: number | null, signal: NodeJS.Signals | null, problem?: string): void {
    if (this.#gone) return;
    this.#gone = true;
    const facts: ExitFacts = { code, signal, lastError: problem ?? this.#lastWords.reason };
    const why = facts.lastError ?? `it ended with ${signal ?? `code ${String(code)}`}`;
    this.#ready.reject(new GatewayError('supervisor-child-ended', `${this.program.name} could not start: ${why}`));
    this.#exited.resolve(facts);
    this.emit('exit', facts);
  }
}

function start({ run, env }: ChildProgram): ChildProcess {
  // Detached: a Ctrl-C on the terminal reaches only the supervisor, which ends its children in order.
  const options = { env: { ...env }, detached: true } as const;
  if (run.kind === 'node') {
    const args = ['--require', join(__dirname, 'exit-with-parent.js'), run.script, ...(run.args ?? [])];
    return spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  }
  const args = ['-c', SHELL_GUARD, 'sh', run.command, ...run.args];
  return spawn('/bin/sh', args, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
}
