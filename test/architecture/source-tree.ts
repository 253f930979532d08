import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const SOURCE = resolve(__dirname, '..', '..', 'src');

export interface SourceFile {
  /** Relative to src/, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  /** Relative to src/, for imports of our own; undefined for packages. */
  readonly target: string | undefined;
  /** Package name of the others; `node:` for Node's own. */
  readonly packageName: string | undefined;
}

/** Floors of the house: a room may import rooms of lower floors. `side` rooms are programs beside the gateway. */
export const FLOORS: Readonly<Record<string, number>> = Object.freeze({
  lib: 0,
  protocol: 1,
  platform: 2,
  dialogs: 2,
  events: 3,
  tenancy: 3,
  twiml: 3,
  webhooks: 3,
  media: 3,
  calls: 3,
  queueing: 4,
  capacity: 4,
  interpreter: 5,
  rest: 6,
  signaling: 6,
  takeover: 7,
});

/** Rooms beside the gateway, and all they may import. */
export const SIDE_ROOMS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  'sip-stack': ['lib', 'protocol'],
  embedded: ['lib', 'protocol', 'sip-stack', 'platform', 'supervisor'],
  phone: ['lib', 'protocol', 'sip-stack'],
  relay: ['lib', 'protocol', 'platform'],
  supervisor: ['lib'],
});

/** Imports on the same floor, each with its reason. */
export const SIDEWAYS: Readonly<Record<string, string>> = Object.freeze({
  'calls -> events': 'a call states facts',
  'calls -> media': 'an answered call has an endpoint',
});

export function readSources(): SourceFile[] {
  return listFiles(SOURCE).map((file) => {
    const text = readFileSync(file, 'utf8');
    const specifiers = [...text.matchAll(/(?:import|export)\s[^'";]*?from\s+'([^']+)'|import\s+'([^']+)'/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    return {
      path: relative(SOURCE, file).replaceAll('\\', '/'),
      lines: text.split('\n').length,
      imports: specifiers.map((specifier) => importOf(file, specifier)),
    };
  });
}

export const roomOf = (path: string): string => path.split('/')[0] ?? '';

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function importOf(file: string, specifier: string): Import {
  if (specifier.startsWith('.')) {
    return { specifier, target: relative(SOURCE, resolve(dirname(file), specifier)).replaceAll('\\', '/'), packageName: undefined };
  }
  const parts = specifier.split('/');
  const packageName = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
  return { specifier, target: undefined, packageName };
}
