import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventually } from './eventually';

export const DIST = resolve(__dirname, '..', '..', 'dist');

/** A compiled program as a child process; its output is kept and shown when it dies unasked. */
export class Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  #stopping = false;

  constructor(name: string, script: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    readFileSync(script);
    this.process = spawn(process.execPath, [script], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-200_000);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.#exited = new Promise((done) => {
      this.process.once('exit', (code, signal) => {
        if (!this.#stopping && signal !== 'SIGKILL') process.stderr.write(`${name} ended (${code ?? signal}):\n${this.#output.slice(-4_000)}\n`);
        done();
      });
    });
    const endWithTest = (): void => void this.process.kill('SIGKILL');
    process.once('exit', endWithTest);
    void this.#exited.then(() => process.off('exit', endWithTest));
  }

  /** Its `ready …` line. */
  async ready(withinMs = 15_000): Promise<string> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const line = /^ready .*$/m.exec(this.#output)?.[0];
      if (line) return line;
      if (this.process.exitCode !== null || performance.now() > deadline) {
        throw new Error(`${this.name} did not get ready:\n${this.#output.slice(-4_000)}`);
      }
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.process.kill('SIGTERM');
    const kill = setTimeout(() => this.process.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(kill);
    if (process.env['HOLDFAST_TEST_SHOW']?.split(',').includes(this.name)) process.stderr.write(`${this.name}:\n${this.#output}\n`);
  }
}

/** The relay that has the place now, and those that drain. */
export class RelayProcess {
  readonly #launch: () => Child;
  readonly #children: Child[] = [];

  constructor(launch: () => Child) {
    this.#launch = launch;
    this.#children.push(launch());
  }

  async ready(): Promise<void> {
    await this.#children.at(-1)?.ready();
  }

  /** Starts one beside it and tells the old one to drain; resolves when the new one has its place. */
  async replace(): Promise<{ readonly oldEnded: Promise<number | null> }> {
    const old = this.#children.at(-1);
    if (!old) throw new Error('there is no relay');
    const next = this.#launch();
    this.#children.push(next);
    await eventually(() => {
      if (!next.output.includes('waiting for the port')) throw new Error(`the new relay does not wait: ${next.output}`);
    }, 10_000);
    const oldEnded = new Promise<number | null>((resolve) => old.process.once('exit', resolve));
    old.process.kill('SIGTERM');
    await next.ready();
    return { oldEnded };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
  }
}
