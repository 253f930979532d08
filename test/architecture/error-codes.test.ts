import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertCodes, errorCodes } from '../../src/lib';
import { nounRegistry, verbRegistry } from '../../src/twiml';
import { readSources, roomOf, SOURCE } from './source-tree';

/** Tables of what is covered name codes without raising them. */
const sources = readSources()
  .filter(({ path }) => path !== 'lib/error-codes.ts' && path !== 'lib/alert-codes.ts' && !path.endsWith('-coverage.ts'))
  .map(({ path }) => ({ path, code: withoutComments(readFileSync(join(SOURCE, path), 'utf8')) }));

/** Rooms where a number of five digits is a code of the error dictionary. */
const ALERTING = ['calls', 'interpreter', 'media', 'queueing', 'signaling', 'tenancy', 'twiml', 'webhooks'];

describe('the catalogue of error codes', () => {
  it('names the room that throws, in words joined by hyphens', () => {
    const thrown = sources.flatMap(({ path, code }) =>
      [...code.matchAll(/new GatewayError\(\s*'([^']+)'/g)].map(([, name = '']) => ({ path, name })));
    const strangers = thrown.filter(
      ({ path, name }) => !name.startsWith(`${placeOf(path)}-`) || !/^[a-z]+(-[a-z]+)+$/.test(name),
    );
    expect(strangers).toEqual([]);
  });

  it('is built with a literal code, which the compiler and these tests can see', () => {
    const hidden = sources.filter(({ code }) => /new GatewayError\(\s*[^'\s]/.test(code)).map(({ path }) => path);
    expect(hidden).toEqual([]);
  });

  it('holds no code that nobody throws', () => {
    const unused = Object.keys(errorCodes).filter((name) => {
      const thrown = new RegExp(`GatewayError\\(\\s*'${name}'`);
      return !sources.some(({ code }) => thrown.test(code));
    });
    expect(unused).toEqual([]);
  });
});

describe('the catalogue of alerts', () => {
  it('holds every code that a room raises, and only those, with the rooms', () => {
    const raised = new Map<string, Set<string>>();
    for (const { path, code } of sources.filter((source) => ALERTING.includes(roomOf(source.path)))) {
      for (const [number] of code.matchAll(/(?<![\w.])(?:10004|20429|(?:1[1-5]|32)\d{3})(?!\w)/g)) {
        raised.set(number, (raised.get(number) ?? new Set()).add(roomOf(path)));
      }
    }
    const listed = Object.entries(alertCodes).map(([code, { rooms }]) => `${code} ${rooms.join(', ')}`);
    expect([...raised].map(([code, rooms]) => `${code} ${[...rooms].sort().join(', ')}`).sort()).toEqual(listed.sort());
  });

  it('holds the code of every attribute', () => {
    const specs = [...Object.values(verbRegistry), ...Object.values(nounRegistry)];
    const rows = specs.flatMap(({ attributes }) => Object.values(attributes) as { readonly code: number }[]);
    const codes = rows.map(({ code }) => code);
    expect(codes.filter((code) => !(code in alertCodes))).toEqual([]);
  });
});

/** The room of a file, or the file itself when it is directly in src/. */
function placeOf(path: string): string {
  return roomOf(path).replace(/\.ts$/, '');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
