import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { buildScript } from '../../../src/platform/redis';
import type { Life } from './life';

/** A defect put into the Lua scripts on their way to Redis, by text. */
export interface Mutation {
  readonly script: string;
  readonly from: string;
  readonly to: string;
}

/** Commands by which a connection is made: no step of a gateway's own. */
const HANDSHAKE = new Set(['info', 'client', 'hello', 'auth', 'select', 'quit', 'ping', 'subscribe', 'unsubscribe']);
const DIRECTORIES = ['queueing', 'calls'].map((room) => join(__dirname, '../../../src', room, 'lua'));

/** The record of a call as a later version writes it: with what nobody knows yet. */
function asLaterVersion<T>(argument: T): T | string {
  return typeof argument === 'string' && argument.startsWith(RECORD) ? `{"later":{"mood":"good"},${argument.slice(1)}` : argument;
}
const RECORD = '{"callSid":';

/** The scripts that gateways send, by name, and the defects of a broken build in their place. */
export class KnownScripts {
  readonly names: readonly string[];
  readonly #nameBySha = new Map<string, string>();
  readonly #broken = new Map<string, string>();

  private constructor(sources: readonly { readonly name: string; readonly sha1: string }[]) {
    this.names = sources.map(({ name }) => name);
    for (const { name, sha1 } of sources) this.#nameBySha.set(sha1, name);
  }

  static async load(redis: Redis, mutations: readonly Mutation[]): Promise<KnownScripts> {
    const sources = DIRECTORIES.flatMap((directory) => {
      const read = (name: string): string => readFileSync(join(directory, `${name}.lua`), 'utf8');
      const files = readdirSync(directory).filter((file) => file.endsWith('.lua'));
      return files.map((file) => file.slice(0, -'.lua'.length)).map((name) => buildScript(name, read(name), read));
    });
    const known = new KnownScripts(sources);
    for (const { script, from, to } of mutations) {
      const source = sources.find(({ name }) => name === script);
      if (!source?.text.includes(from)) throw new Error(`${script} has no ${from}`);
      known.#broken.set(source.sha1, String(await redis.script('LOAD', source.text.replace(from, () => to))));
    }
    return known;
  }

  /**
   * Every command of this client becomes an effect of that life, named by its script. `isLater`: what it writes of calls is that of a
   * later version.
   */
  attach(client: Redis, life: Life, isLater = false): void {
    const send = client.sendCommand.bind(client);
    const seen = new WeakSet<object>();
    client.sendCommand = (command, stream) => {
      // What ioredis sends again after a reconnection is the same step.
      if (seen.has(command) || HANDSHAKE.has(command.name)) return send(command, stream);
      seen.add(command);
      if (isLater) command.args.forEach((arg, index) => (command.args[index] = asLaterVersion(arg)));
      const [sha] = command.args;
      const name = command.name === 'evalsha' ? this.#nameBySha.get(String(sha)) ?? 'evalsha' : command.name;
      const broken = this.#broken.get(String(sha));
      if (broken !== undefined) command.args[0] = broken;
      return life.effect(name, () => send(command, stream) as Promise<unknown>);
    };
  }
}
