import { room } from './dist.mjs';

const { RedisConnection } = room('platform/redis');

/** Hints of the floor's scripts go here: to a subscriber that only receives them, as the engine's does. */
const CHANNEL = 'floor:hints';

/**
 * Watches one cycle of ours by MONITOR and makes of every EVALSHA a script of the very commands it ran: the arguments
 * constant, nothing between them, the recorded reply returned. What is left is what Redis and the client (the engine's own)
 * cost at least.
 */
export async function recordFloor(redis, cycle) {
  // Once unseen: scripts get loaded, the queue and its account exist.
  await cycle();
  const lines = [];
  const monitor = await redis.client.monitor();
  monitor.on('monitor', (_time, args, source) => lines.push({ args, isScript: source === 'lua' }));
  await cycle();
  await redis.client.echo('the end');
  while (!lines.some(({ args }) => args[1] === 'the end')) await new Promise((resolve) => setTimeout(resolve, 5));
  monitor.disconnect();
  const scripts = [];
  for (const { args, isScript } of lines) {
    if (args[0].toLowerCase() === 'evalsha') scripts.push({ sent: args.slice(2), list: [] });
    else if (isScript) scripts.at(-1).list.push(args);
  }
  if (scripts.length === 0) throw new Error('no script was seen');
  const failed = [];
  const connection = new RedisConnection({ url: redis.url, name: 'floor', commandTimeoutMs: 30_000, onFailure: (failure) => failed.push(failure) });
  await connection.start();
  const { client } = connection;
  let [hints, calls] = [0, 0];
  await connection.subscribe(CHANNEL, { message: () => (hints += 1), subscribed: () => undefined });
  const ready = [];
  for (const script of scripts) ready.push(await constantScript(client, script));
  return {
    scripts: ready,
    get calls() {
      return calls;
    },
    get hints() {
      return hints;
    },
    async cycle() {
      if (failed.length > 0) throw failed[0];
      for (const { sha1, sent, reply } of ready) {
        const said = await client.evalsha(sha1, ...sent);
        if (said !== reply) throw new Error(`the floor's script replied ${said}`);
        calls += 1;
      }
    },
    stop: () => connection.stop(),
  };
}

async function constantScript(client, { sent, list }) {
  const keys = sent.slice(1, 1 + Number(sent[0]));
  const operation = list.find(([command]) => command.toUpperCase() === 'SET');
  // A script that changes something keeps its reply; one that reads replies something of that size.
  const reply = operation ? operation[2] : 'x'.repeat(300);
  const body = list.map((command) => {
    const isHint = command[0].toUpperCase() === 'PUBLISH';
    const words = command.map((word, at) => {
      if (isHint && at === 1) return quoted(CHANNEL);
      const key = keys.indexOf(word);
      return at > 0 && key >= 0 ? `KEYS[${key + 1}]` : quoted(word);
    });
    return `redis.call(${words.join(', ')})`;
  });
  const sha1 = await client.script('LOAD', [...body, `return ${quoted(reply)}`].join('\n'));
  return { sha1, sent, reply, commands: list.length };
}

/** A Lua string. */
const quoted = (text) => `'${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}'`;
