import { z } from 'zod';
import { type ConfigProblem, problemsOf } from './config-problem';
import { type Environment, environmentOverrides } from './environment';
import { count, field, host, port } from './field';
import { knownSecretProblems } from './known-secrets';
import { drachtio, log, NOTHING } from './schema';
import { schemaKeys } from './schema-keys';

const listen = z.strictObject({
  host: field(host().default('127.0.0.1'), {
    why: 'address gateways connect to; whoever reaches it and knows the secret controls every call', env: 'HOLDFAST_RELAY_HOST',
  }),
  port: field(port().default(9023), { why: 'beside drachtio-server, which has 9022; 0 picks a free one', env: 'HOLDFAST_RELAY_PORT' }),
  secret: field(z.string().min(1), { why: 'what gateways have to say', env: 'HOLDFAST_RELAY_SECRET', secret: true }),
});

const http = z.strictObject({
  host: field(host().default('127.0.0.1'), { why: 'address of health and metrics', env: 'HOLDFAST_RELAY_HTTP_HOST' }),
  port: field(port().default(3020), { why: 'health and metrics; 0 picks a free one', env: 'HOLDFAST_RELAY_HTTP_PORT' }),
});

export const relaySchema = z.strictObject({
  drachtio: drachtio.prefault(NOTHING),
  listen: listen.prefault(NOTHING),
  http: http.prefault({}),
  holdMs: field(count().default(5_000), {
    why: 'how long requests of far ends wait for a gateway, or for one that adopts their dialog; longer than a takeover, shorter than '
      + 'the 32 s that a far end waits', unit: 'ms', env: 'HOLDFAST_RELAY_HOLD_MS',
  }),
  silenceMs: field(z.int().min(1_000).default(7_000), {
    why: 'a gateway silent this long is taken for dead, as by queue.deadAfterMs; one whose process ends is noticed at once',
    unit: 'ms', env: 'HOLDFAST_RELAY_SILENCE_MS',
  }),
  drainMs: field(z.int().min(0).default(3_600_000), {
    why: 'how long a relay that was told to end waits for its calls to end', unit: 'ms', env: 'HOLDFAST_RELAY_DRAIN_MS',
  }),
  portWaitMs: field(z.int().min(0).default(60_000), {
    why: 'how long a relay waits for its ports, which the one that it replaces has until that is told to end', unit: 'ms',
    env: 'HOLDFAST_RELAY_PORT_WAIT_MS',
  }),
  log: log.prefault({}),
});

export type RelayConfig = Readonly<z.output<typeof relaySchema>>;

/** Reads the environment, checks everything and reports all problems at once. */
export function loadRelayConfig(env: Environment):
  | { readonly outcome: 'loaded'; readonly config: RelayConfig }
  | { readonly outcome: 'invalid'; readonly problems: readonly ConfigProblem[] } {
  const keys = schemaKeys(relaySchema);
  const { tree, problems } = environmentOverrides(env, keys);
  const parsed = relaySchema.safeParse(tree);
  const variables = new Map(keys.map(({ path, note }) => [path, note.env]));
  if (!parsed.success) problems.push(...problemsOf(parsed.error, (path) => variables.get(path)));
  problems.push(...knownSecretProblems(tree, keys));
  return parsed.success && problems.length === 0 ? { outcome: 'loaded', config: parsed.data } : { outcome: 'invalid', problems };
}
