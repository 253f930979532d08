import { splitOutside } from './split-list';

/** `;name=value` parameters; a flag such as `lr` has the value `undefined`. Names are kept in lower case. */
export type Params = ReadonlyMap<string, string | undefined>;

/** Reads `a=b;lr;c="d"`; quotes around a value are kept. The first of repeated names wins. */
export function parseParams(text: string): Map<string, string | undefined> {
  const params = new Map<string, string | undefined>();
  for (const part of splitOutside(text, ';')) {
    const at = part.indexOf('=');
    const name = (at === -1 ? part : part.slice(0, at)).trim().toLowerCase();
    if (name !== '' && !params.has(name)) params.set(name, at === -1 ? undefined : part.slice(at + 1).trim());
  }
  return params;
}

/** `;a=b;lr`, or the empty string. */
export function formatParams(params: Params): string {
  return [...params].map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join('');
}
