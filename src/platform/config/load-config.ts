import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { messageOf } from '../../lib';
import { type ConfigProblem, problemsOf } from './config-problem';
import { demoSecretKey } from './demo-secret-key';
import { type Environment, environmentOverrides, type Tree } from './environment';
import { knownSecretProblems } from './known-secrets';
import { type Config, configSchema } from './schema';
import { schemaKeys } from './schema-keys';

const MISSING_KEY = 'is missing: set HOLDFAST_SECRET_KEY, e.g. to the output of `openssl rand -base64 32`';

export type LoadedConfig =
  | { readonly outcome: 'loaded'; readonly config: Config; readonly files: readonly string[] }
  | { readonly outcome: 'invalid'; readonly problems: readonly ConfigProblem[] };

/** The directory that holds config/, whether we run from src/ or from dist/ (both are one level below it). */
export const installDirectory = (): string => resolve(__dirname, '..', '..', '..');

/** Later files win over earlier ones: config/default.yaml, then those of HOLDFAST_CONFIG, separated by commas. */
export function configFilesFor(env: Environment): string[] {
  const chosen = (env['HOLDFAST_CONFIG'] ?? '').split(',').map((file) => file.trim()).filter((file) => file !== '');
  return [join(installDirectory(), 'config', 'default.yaml'), ...chosen.map((file) => resolve(file))];
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects are merged key by key; lists and plain values of `over` replace those of `base`. */
function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const present = merged[key];
    merged[key] = isTree(present) && isTree(value) ? merge(present, value) : value;
  }
  return merged;
}

function readTree(file: string, problems: ConfigProblem[]): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    problems.push({ path: file, message: `cannot be read (${messageOf(error)}): correct HOLDFAST_CONFIG` });
    return {};
  }
  const document = parseDocument(text, { prettyErrors: true });
  for (const error of document.errors) problems.push({ path: file, message: `is not valid YAML: ${error.message}` });
  if (document.errors.length > 0) return {};
  const tree: unknown = document.toJS();
  if (tree === null || tree === undefined) return {};
  if (isTree(tree)) return tree;
  problems.push({ path: file, message: 'must hold keys and values, not a list or a single value' });
  return {};
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

/** Demo mode: the customer application runs on this machine, on any port. */
function withThisMachine(webhooks: Config['webhooks']): Config['webhooks'] {
  return {
    ...webhooks,
    allowPrivate: [...webhooks.allowPrivate, '127.0.0.0/8', '::1/128'],
    allowPorts: [...webhooks.allowPorts, '1-65535'],
  };
}

/**
 * Reads files in order, lays the environment over them, checks everything and reports all problems at once.
 * In demo mode a missing secret key is generated into the data directory; nothing else is written.
 */
export function loadConfig(env: Environment, files: readonly string[] = configFilesFor(env)): LoadedConfig {
  const problems: ConfigProblem[] = [];
  const fromFiles = files.reduce<Tree>((tree, file) => merge(tree, readTree(file, problems)), {});
  const overrides = environmentOverrides(env);
  problems.push(...overrides.problems);
  const variables = new Map(schemaKeys().map(({ path, note }) => [path, note.env]));
  const tree = merge(fromFiles, overrides.tree);
  const parsed = configSchema.safeParse(tree);
  if (!parsed.success) problems.push(...problemsOf(parsed.error, (path) => variables.get(path)));
  if (tree['demo'] !== true) {
    problems.push(...knownSecretProblems(tree));
    if (tree['secretKey'] === undefined) problems.push({ path: 'secretKey', message: MISSING_KEY });
  }
  if (!parsed.success || problems.length > 0) return { outcome: 'invalid', problems };
  const dataDir = resolve(parsed.data.dataDir);
  const config: Config = {
    ...parsed.data,
    webhooks: parsed.data.demo ? withThisMachine(parsed.data.webhooks) : parsed.data.webhooks,
    dataDir,
    mediaDir: resolve(parsed.data.mediaDir ?? join(dataDir, 'media')),
    gatewayName: parsed.data.gatewayName ?? hostname().replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 64),
    secretKey: parsed.data.secretKey ?? demoSecretKey(dataDir),
  };
  return { outcome: 'loaded', config: deepFreeze(config), files };
}
