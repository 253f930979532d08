import { Redis } from 'ioredis';

/** Commands of scripts that have no key. */
const KEYLESS: readonly string[] = ['time', 'publish'];
/** Commands all of whose arguments are keys; of the others it is the first. */
const ALL_KEYS: readonly string[] = ['del', 'unlink', 'exists', 'mget', 'touch'];

/**
 * Reads along what scripts do (MONITOR tells of a script's commands right after the script): which keys they touched without
 * declaring them. A cluster refuses those that lie in another slot only; this one sees them all.
 */
export class ScriptKeyWatch {
  readonly violations: string[] = [];
  /** SHA-1 -> how often it ran. */
  readonly ran = new Map<string, number>();
  #declared: readonly string[] = [];
  #script = '';

  private constructor(private readonly monitor: Redis) {
    monitor.on('monitor', (_: string, args: string[], source: string) => this.#seen(args, source));
  }

  static async start(socketPath: string): Promise<ScriptKeyWatch> {
    const client = new Redis({ path: socketPath });
    const monitor = await client.monitor();
    client.disconnect();
    return new ScriptKeyWatch(monitor);
  }

  stop(): void {
    this.monitor.disconnect();
  }

  #seen([name = '', ...args]: readonly string[], source: string): void {
    const command = name.toLowerCase();
    if (source !== 'lua') {
      if (command !== 'evalsha') return;
      const [script = '', keys = '0', ...rest] = args;
      this.#script = script;
      this.#declared = rest.slice(0, Number(keys));
      this.ran.set(script, (this.ran.get(script) ?? 0) + 1);
      return;
    }
    if (KEYLESS.includes(command)) return;
    for (const key of ALL_KEYS.includes(command) ? args : args.slice(0, 1)) {
      if (!this.#declared.includes(key)) this.violations.push(`${this.#script}: ${command} ${key}`);
    }
  }
}
