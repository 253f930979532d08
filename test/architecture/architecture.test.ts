import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLOORS, readSources, roomOf, SIDE_ROOMS, SIDEWAYS, SOURCE, type SourceFile } from './source-tree';

const sources = readSources();
/** Files directly in src/ wire rooms together and may know them all. */
const inRooms = sources.filter(({ path }) => path.includes('/'));

/** Each third-party package has one home. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  'drachtio-srf': ['dialogs'],
  'drachtio-fsmrf': ['media'],
  'fast-xml-parser': ['twiml'],
  fastify: ['rest'],
  ioredis: ['platform', 'queueing', 'calls', 'events', 'tenancy'],
  pino: ['platform'],
  'pino-pretty': ['platform'],
  'prom-client': ['platform'],
  'mpg123-decoder': ['media'],
  'sdp-transform': ['protocol'],
  undici: ['webhooks'],
  yaml: ['platform'],
  zod: ['platform', 'rest'],
};

const eachImport = (check: (file: SourceFile, target: string) => string | undefined): string[] =>
  inRooms.flatMap((file) =>
    file.imports.flatMap(({ target }) => {
      const problem = target === undefined ? undefined : check(file, target);
      return problem === undefined ? [] : [`${file.path}: ${problem}`];
    }),
  );

describe('the house', () => {
  it('has a floor or a side place for every room', () => {
    const unknown = [...new Set(inRooms.map(({ path }) => roomOf(path)))].filter((room) => !(room in FLOORS) && !(room in SIDE_ROOMS));
    expect(unknown).toEqual([]);
  });

  it('imports only downward', () => {
    const problems = eachImport(({ path }, target) => {
      const [from, to] = [roomOf(path), roomOf(target)];
      if (from === to) return undefined;
      const side = SIDE_ROOMS[from];
      if (side) return side.includes(to) ? undefined : `side room ${from} must not import ${to}: it may use ${side.join(', ')}`;
      if (to in SIDE_ROOMS) return `room ${from} must not import the program ${to}: speak to it over its wire`;
      const [above, below] = [FLOORS[from] ?? 0, FLOORS[to] ?? 99];
      if (below < above || (below === above && `${from} -> ${to}` in SIDEWAYS)) return undefined;
      return `room ${from} (floor ${above}) must not import ${to} (floor ${below}): use an event or a port`;
    });
    expect(problems).toEqual([]);
  });

  it('enters other rooms by their index only', () => {
    const problems = eachImport(({ path }, target) => {
      if (roomOf(path) === roomOf(target)) return undefined;
      const inside = target.split('/').slice(1);
      const door = inside.length === 0 || (inside.length === 1 && existsSync(join(SOURCE, target, 'index.ts')));
      return door ? undefined : `imports ${target}: export it from the room's index.ts`;
    });
    expect(problems).toEqual([]);
  });

  it('has no cycles of files', () => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const resolveTarget = (target: string): SourceFile | undefined => byPath.get(`${target}.ts`) ?? byPath.get(`${target}/index.ts`);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: SourceFile, trail: readonly string[]): void => {
      if (done.has(file.path)) return;
      if (trail.includes(file.path)) {
        cycles.push([...trail.slice(trail.indexOf(file.path)), file.path].join(' -> '));
        return;
      }
      for (const { target } of file.imports) {
        const next = target === undefined ? undefined : resolveTarget(target);
        if (next) visit(next, [...trail, file.path]);
      }
      done.add(file.path);
    };
    for (const file of sources) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('gives every third-party package one home', () => {
    const problems = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ packageName }) => {
        if (packageName === undefined || packageName.startsWith('node:')) return [];
        const homes = HOMES[packageName];
        if (!homes) return [`${path}: package ${packageName} has no home yet: add it to HOMES with its room`];
        return homes.includes(roomOf(path)) ? [] : [`${path}: package ${packageName} lives in ${homes.join(', ')}`];
      }),
    );
    expect(problems).toEqual([]);
  });

  it('keeps files small', () => {
    const long = sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines} lines, split by capability`);
    expect(long).toEqual([]);
  });

  it('names no file after a vague word', () => {
    const vague = /(^|[-/])(utils?|helpers?|common|misc|manager|handler|processor|data|info|session)([-./]|$)/;
    // A session timer is RFC 4028's own term.
    const paths = sources.map(({ path }) => path.replace('session-timer', ''));
    expect(paths.filter((path) => vague.test(path))).toEqual([]);
  });

  it('does no input or output in pure rooms and files', () => {
    const impure = new Set(['node:fs', 'node:fs/promises', 'node:net', 'node:dgram', 'node:http', 'node:child_process', 'node:worker_threads']);
    const problems = sources
      .filter(({ path }) => /^(protocol|twiml)\//.test(path) || /-(state|rules|estimate)\.ts$/.test(path))
      .flatMap(({ path, imports }) => imports.filter(({ specifier }) => impure.has(specifier)).map(({ specifier }) => `${path}: ${specifier}`));
    expect(problems).toEqual([]);
  });

  it('describes every room in the first line of its README', () => {
    const rooms = [...new Set(inRooms.map(({ path }) => roomOf(path)))];
    const silent = rooms.filter((room) => {
      const readme = join(SOURCE, room, 'README.md');
      return !existsSync(readme) || readFileSync(readme, 'utf8').split('\n')[0]?.trim() === '';
    });
    expect(silent).toEqual([]);
  });

  it('reads the environment in one file, and in the entry of programs beside the gateway', () => {
    const readers = sources.map(({ path }) => path).filter((path) => /process\.env\b/.test(readFileSync(join(SOURCE, path), 'utf8')));
    const entries = readers.filter((path) => !(roomOf(path) in SIDE_ROOMS && path.endsWith('/main.ts')));
    expect(entries).toEqual(['platform/config/environment.ts']);
  });
});
