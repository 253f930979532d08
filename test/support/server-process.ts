import { type ChildProcess, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Child } from './world-programs';

/** A SIP or media server of a world, for those who end, freeze and start it. Each resolves when it has happened. */
export interface ServerProcess {
  /** `host:port`: of a media server's event socket, as records and facts name it; of a SIP server where phones call. */
  readonly name: string;
  /** As nothing can prevent. */
  kill(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Told to stop (SIGTERM); resolves when it has ended. */
  stop(): Promise<void>;
  /** After its end, with the same address; resolves when it can be used. */
  start(): Promise<void>;
}

/** An embedded one, which is our child. */
export class EmbeddedServer implements ServerProcess {
  readonly name: string;
  readonly #launch: () => Child;
  #child: Child;

  constructor(launch: () => Child, name: string) {
    this.name = name;
    this.#launch = launch;
    this.#child = launch();
  }

  async ready(): Promise<void> {
    await this.#child.ready();
  }

  kill(): Promise<void> {
    return this.#child.kill();
  }

  freeze(): Promise<void> {
    return this.#signal('SIGSTOP');
  }

  thaw(): Promise<void> {
    return this.#signal('SIGCONT');
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  async start(): Promise<void> {
    this.#child = this.#launch();
    await this.#child.ready();
  }

  /** A frozen one would not hear that it is to stop. */
  async end(): Promise<void> {
    await this.thaw();
    await this.stop();
  }

  #signal(signal: NodeJS.Signals): Promise<void> {
    const { process }: { process: ChildProcess } = this.#child;
    process.kill(signal);
    return Promise.resolve();
  }
}

/** One that runs somewhere, and that a program given to the run ends and starts (CONTRIBUTING.md). */
export class RealServer implements ServerProcess {
  readonly name: string;
  readonly #kind: 'media' | 'sip';
  readonly #program: string | undefined;
  #isFrozen = false;
  #isDown = false;

  constructor(kind: 'media' | 'sip', name: string, program: string | undefined) {
    this.#kind = kind;
    this.name = name;
    this.#program = program;
  }

  async kill(): Promise<void> {
    this.#isDown = true;
    await this.#control('kill');
    this.#isFrozen = false;
  }

  async freeze(): Promise<void> {
    this.#isFrozen = true;
    await this.#control('freeze');
  }

  async thaw(): Promise<void> {
    await this.#control('thaw');
    this.#isFrozen = false;
  }

  async stop(): Promise<void> {
    this.#isDown = true;
    await this.#control('stop');
  }

  async start(): Promise<void> {
    await this.#control('start');
    this.#isDown = false;
  }

  /** Others go on with it: it is left as it was found. */
  async restore(): Promise<void> {
    if (this.#isFrozen) await this.thaw();
    if (this.#isDown) await this.start();
  }

  async #control(what: 'kill' | 'freeze' | 'thaw' | 'stop' | 'start'): Promise<void> {
    if (this.#program === undefined) throw new Error(`nothing is named that could ${what} ${this.name}`);
    await promisify(execFile)(this.#program, [this.#kind, this.name, what]);
  }
}
