import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../lib';

/** `<directory>/run.json` says what runs on a data directory, and keeps a second supervisor off it. */
export class RunFile {
  readonly #path: string;
  readonly #program: string;

  /** `program` is part of the supervisor's command line, e.g. the name of its script. */
  constructor(directory: string, program: string) {
    this.#path = join(directory, 'run.json');
    this.#program = program;
  }

  /**
   * Throws GatewayError `supervisor-data-directory-in-use`. The facts may hold secrets: only the owner can read the
   * file.
   */
  claim(facts: object): void {
    const pid = this.#livingOwner();
    if (pid !== undefined) {
      throw new GatewayError('supervisor-data-directory-in-use',
        `another Holdfast (pid ${pid}) runs with this data directory: stop it, or set HOLDFAST_DATA_DIR`);
    }
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${JSON.stringify({ pid: process.pid, ...facts }, null, 2)}\n`, { mode: 0o600 });
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  /** What the supervisor that runs now has claimed with; undefined when none does. */
  facts(): Readonly<Record<string, unknown>> | undefined {
    if (this.#livingOwner() === undefined) return undefined;
    return JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, unknown>;
  }

  #livingOwner(): number | undefined {
    try {
      const { pid } = JSON.parse(readFileSync(this.#path, 'utf8')) as { pid: number };
      process.kill(pid, 0);
      // After a crash the number may belong to any other program by now. Without /proc (not Linux): trust the file.
      const commandLine = `/proc/${pid}/cmdline`;
      return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes(this.#program) ? pid : undefined;
    } catch {
      // No file, no JSON, or nobody has that pid any more: the directory is free.
      return undefined;
    }
  }
}
