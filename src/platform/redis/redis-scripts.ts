import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { GatewayError, messageOf } from '../../lib';
import { buildScript, type ScriptSource } from './script-source';

/** What the callers of a script rely on; must name the same keys and arguments as the script's header. */
export interface ScriptContract {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly replies: readonly string[];
}
export type ScriptContracts = Readonly<Record<string, ScriptContract>>;

export type ScriptArguments<C extends ScriptContract> = Readonly<Record<C['args'][number], string | number>>;
/** A script's JSON reply; the room's own reading of it turns the fields into types. */
export interface ScriptReply {
  readonly outcome: string;
  readonly [field: string]: unknown;
}
type ScriptKeys<C extends ScriptContract> = Readonly<Record<C['keys'][number], string>>;

/**
 * The Lua scripts of one room: read from `directory` (one file per operation, name.lua), checked against the contracts,
 * run by EVALSHA (by EVAL when Redis has forgotten them). Every script replies with one
 * JSON object that has an `outcome`. Reading files in the constructor is the only I/O outside `run`.
 */
export class RedisScripts<Contracts extends ScriptContracts> {
  readonly #client: Redis;
  readonly #sources = new Map<string, ScriptSource>();

  /** `files` replaces single scripts by other files (fault tests). Throws GatewayError `platform-redis-bad-script`. */
  constructor(client: Redis, directory: string, contracts: Contracts, files: { readonly [name: string]: string } = {}) {
    this.#client = client;
    const readInclude = (include: string): string => readFileSync(join(directory, `${include}.lua`), 'utf8');
    for (const [name, contract] of Object.entries(contracts)) {
      const source = buildScript(name, readFileSync(files[name] ?? join(directory, `${name}.lua`), 'utf8'), readInclude);
      for (const part of ['keys', 'args', 'replies'] as const) {
        const [wanted, found] = [sorted(contract[part]), sorted(source[part])];
        if (wanted === found) continue;
        throw new GatewayError('platform-redis-bad-script',
          `script ${name}: header ${part} [${found}], callers [${wanted}]`);
      }
      this.#sources.set(name, source);
    }
  }

  /** What was loaded, for who has to know a script by its SHA-1. */
  get sources(): readonly ScriptSource[] {
    return [...this.#sources.values()];
  }

  /**
   * Runs a script once; returns its reply as parsed JSON. Throws GatewayError `platform-redis-script-failed` with the
   * cause: then the outcome is unknown. ioredis sends a command again after a reconnection, also one whose reply alone was
   * lost: a script that changes something has to be idempotent.
   */
  async run<N extends keyof Contracts & string>(
    name: N,
    keys: ScriptKeys<Contracts[N]>,
    args: ScriptArguments<Contracts[N]>,
  ): Promise<ScriptReply> {
    const source = this.#sources.get(name);
    if (!source) throw new GatewayError('platform-redis-bad-script', `script ${name} is not loaded`);
    const named: { readonly [key: string]: string | number | undefined } = keys;
    const given: { readonly [arg: string]: string | number | undefined } = args;
    const values = [
      ...source.keys.map((key) => required(name, 'key', key, named[key])),
      ...source.args.map((arg) => required(name, 'argument', arg, given[arg])),
    ];
    const reply = await this.#evaluate(source, values);
    const parsed: unknown = typeof reply === 'string' ? JSON.parse(reply) : reply;
    if (!isReply(parsed) || !source.replies.includes(parsed.outcome)) {
      throw new GatewayError('platform-redis-bad-reply', `script ${name} replied ${String(reply).slice(0, 200)}`);
    }
    return parsed;
  }

  async #evaluate(source: ScriptSource, values: (string | number)[]): Promise<unknown> {
    try {
      try {
        return await this.#client.evalsha(source.sha1, source.keys.length, ...values);
      } catch (error) {
        // Redis was restarted or had SCRIPT FLUSH: EVAL runs the script and keeps it.
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return await this.#client.eval(source.text, source.keys.length, ...values);
      }
    } catch (cause) {
      const failure = `script ${source.name}: ${messageOf(cause)}`;
      throw new GatewayError('platform-redis-script-failed', failure, { cause });
    }
  }
}

function sorted(list: readonly string[]): string {
  return [...list].sort().join(' ');
}

function required(script: string, what: string, name: string, value: string | number | undefined): string | number {
  if (value === undefined || Number.isNaN(value)) {
    throw new GatewayError('platform-redis-bad-script', `script ${script}: ${what} ${name} is missing`);
  }
  return value;
}

function isReply(value: unknown): value is ScriptReply {
  return typeof value === 'object' && value !== null && 'outcome' in value && typeof value.outcome === 'string';
}
