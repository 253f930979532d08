import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { openEventSocket } from '../bench/harness/event-socket.mjs';

/** Counting what a process holds takes it seconds, more after a long run and on a busy machine. */
const ANSWER_MS = 60_000;
/** Programs that carry census.cjs. */
const NODE_PROGRAMS = ['gateway-1', 'sip-server', 'media-server', 'relay'];
const isOurs = (installation, name) => NODE_PROGRAMS.includes(name) && installation.processes[name] !== undefined;

/** Reads what an installation holds: `sample` is cheap, `census` asks each process and Redis for everything. */
export class Census {
  #installation;
  #directory;
  #redis;
  #media;

  static async open(installation, directory) {
    const census = new Census();
    census.#installation = installation;
    census.#directory = directory;
    census.#redis = new Redis(installation.redisUrl);
    census.#media = await openEventSocket(installation.eventSocket);
    return census;
  }

  close() {
    this.#redis.disconnect();
    this.#media.close();
  }

  async sample() {
    const processes = {};
    for (const [name, pid] of Object.entries(this.#installation.processes)) {
      const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
      processes[name] = { rss: rssKb * 1_024, fds: readdirSync(`/proc/${pid}/fd`).length };
    }
    const memory = Number(/^used_memory:(\d+)/m.exec(await this.#redis.info('memory'))?.[1]);
    return { processes, redisKeys: await this.#redis.dbsize(), redisBytes: memory, channels: await this.#channels() };
  }

  /** Numbers by name: `gateway-1 objects Call`, `redis lasting hf:{}:queue`, `channels`, ... */
  async census() {
    const found = { channels: await this.#channels() };
    for (const [name, pid] of Object.entries(this.#installation.processes)) {
      for (const [kind, count] of Object.entries(openFiles(pid))) found[`${name} fds ${kind}`] = count;
      if (!isOurs(this.#installation, name)) continue;
      const { objects, resources } = await this.#ask(pid);
      for (const [kind, count] of Object.entries(objects)) found[`${name} objects ${kind}`] = count;
      for (const [kind, count] of Object.entries(resources)) found[`${name} handles ${kind}`] = count;
    }
    for await (const key of this.#keys()) {
      // What expires by itself is bounded by that; its life is longer than a soak's end is waited for.
      if (await this.#redis.ttl(key) >= 0) continue;
      const kind = `redis lasting ${key.replace(/[A-Z]{2}[0-9a-f]{32}/g, '*').replace(/[0-9a-f-]{36}/g, '*')}`;
      found[kind] = (found[kind] ?? 0) + 1;
    }
    return found;
  }

  async #channels() {
    return Number(/(\d+) total/.exec(await this.#media.api('show channels count'))?.[1] ?? NaN);
  }

  async* #keys() {
    for await (const keys of this.#redis.scanStream({ count: 1_000 })) yield* keys;
  }

  async #ask(pid) {
    const file = join(this.#directory, `${pid}.json`);
    rmSync(file, { force: true });
    process.kill(pid, 'SIGUSR2');
    const deadline = performance.now() + ANSWER_MS;
    while (!existsSync(file)) {
      if (performance.now() > deadline) throw new Error(`process ${pid} told nothing within ${ANSWER_MS} ms`);
      await pause(20);
    }
    return JSON.parse(readFileSync(file, 'utf8'));
  }
}

/** Open files by what they are: sockets, pipes, files. */
function openFiles(pid) {
  const kinds = {};
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const kind = readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:?\[.*$/, '').replace(/^\/.*$/, 'file');
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    } catch {
      continue; // Closed meanwhile.
    }
  }
  return kinds;
}

/** What there is more of than before, one line each. */
export const leftOver = (before, after) =>
  Object.entries(after).filter(([name, count]) => count > (before[name] ?? 0)).map(([name, count]) => `${name}: ${count}, before ${before[name] ?? 0}`);
