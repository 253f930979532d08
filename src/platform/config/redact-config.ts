import type { Config } from './schema';
import { schemaKeys } from './schema-keys';

/** A URL keeps its place and loses its password; any other secret becomes a mark. */
function redacted(value: unknown): unknown {
  if (typeof value === 'string' && value.includes('://')) return value.replace(/\/\/[^@/]*@/, '//[redacted]@');
  return value === undefined ? undefined : '[redacted]';
}

/** The effective configuration as it may be printed at start. */
export function redactConfig(config: Config): unknown {
  const secret = new Set(schemaKeys().filter(({ note }) => note.secret === true).map(({ path }) => path));
  const walk = (value: unknown, path: string): unknown => {
    if (secret.has(path)) return redacted(value);
    if (Array.isArray(value)) return value.map((item) => walk(item, `${path}[]`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) =>
      [key, walk(child, path === '' ? key : `${path}.${key}`)]));
  };
  return walk(config, '');
}
