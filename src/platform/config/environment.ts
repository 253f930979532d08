import type { ConfigProblem } from './config-problem';
import { schemaKeys } from './schema-keys';

/** Variables by name, as `process.env` gives them. An empty value counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only place of the gateway that reads the process environment. */
export function processEnvironment(): Environment {
  return process.env;
}

export type Tree = { [key: string]: unknown };

function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = (tree[head] ?? {}) as Tree;
  tree[head] = child;
  put(child, rest, value);
}

/** `host:port:secret`; an IPv6 host is in brackets, and the secret may hold colons. */
const SERVER = /^(\[[^\]]+\]|[^:]+):(\d+):(.+)$/;

function mediaServers(text: string, problems: ConfigProblem[]): Tree[] | undefined {
  const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '');
  const servers = parts.map((part) => SERVER.exec(part));
  if (servers.some((match) => match === null)) {
    // The text is not repeated: it holds secrets.
    problems.push({ path: 'FREESWITCH_SERVERS', message: 'must look like host:port:secret,host:port:secret' });
    return undefined;
  }
  return servers.map((match) => {
    const [, host, port, secret] = match ?? [];
    return { host: host?.replace(/^\[|\]$/g, ''), port: Number(port), secret };
  });
}

/** The part of the configuration that the environment gives, and what could not be read of it. */
export function environmentOverrides(env: Environment, keys = schemaKeys()): { tree: Tree; problems: ConfigProblem[] } {
  const tree: Tree = {};
  const problems: ConfigProblem[] = [];
  for (const { path, note, type } of keys) {
    const text = note.env === undefined ? undefined : env[note.env];
    if (note.env === undefined || text === undefined || text === '') continue;
    let value: unknown = text;
    if (note.env === 'FREESWITCH_SERVERS') {
      value = mediaServers(text, problems);
    } else if (type === 'list') {
      value = text.split(',').map((item) => item.trim()).filter((item) => item !== '');
    } else if (type.startsWith('whole number')) {
      value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(value)) {
        problems.push({ path: note.env, message: `must be a ${type}, not "${text}"` });
        value = undefined;
      }
    }
    if (value !== undefined) put(tree, path.split('.'), value);
  }
  return { tree, problems };
}
