import type { ConfigProblem } from './config-problem';
import { schemaKeys } from './schema-keys';

/** Secrets printed in manuals and images of the servers we control, and what people type first. Lower case. */
const KNOWN_SECRETS: ReadonlySet<string> = new Set([
  'cluecon', 'cymru', 'jambonzr0ck$', 'changeme', 'change-me', 'changeit', 'secret', 'password', 'passw0rd', 'admin',
  'holdfast', 'default', 'test', 'demo', '1234', '12345678', '1234567890', '0123456789abcdef',
  '0123456789abcdef0123456789abcdef', 'holdfast-demo-auth-token-not-secret', 'change-me-change-me',
]);

const ONE_CHARACTER_REPEATED = /^(.)\1*$/;

export function isKnownSecret(secret: string): boolean {
  return KNOWN_SECRETS.has(secret.toLowerCase()) || ONE_CHARACTER_REPEATED.test(secret);
}

/** Well-known secrets in a configuration as written (so that they are reported even when other keys are wrong). */
export function knownSecretProblems(tree: unknown, keys = schemaKeys()): ConfigProblem[] {
  const secretKeys = new Set(keys
    .filter(({ path, note }) => note.secret === true && path !== 'redis.url').map(({ path }) => path));
  const problems: ConfigProblem[] = [];
  const walk = (value: unknown, key: string, path: string): void => {
    if (typeof value === 'string' && secretKeys.has(key) && isKnownSecret(value)) {
      problems.push({
        path,
        message: 'is a well-known default: choose your own, e.g. `openssl rand -hex 24` (only demo mode accepts it)',
      });
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => walk(item, `${key}[]`, `${path}[${index}]`));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, child] of Object.entries(value)) {
        walk(child, key === '' ? name : `${key}.${name}`, path === '' ? name : `${path}.${name}`);
      }
    }
  };
  walk(tree, '', '');
  return problems;
}
