/**
 * Index of the next `separator` from `from` on, outside quoted strings and angle brackets (RFC 3261 7.3.1), or -1;
 * `separators` may be both.
 */
function nextOutside(text: string, separators: string, from: number): number {
  let quoted = false;
  let depth = 0;
  for (let i = from; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (quoted) {
      if (char === '\\') i += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') depth += 1;
    else if (char === '>') depth = Math.max(0, depth - 1);
    else if (depth === 0 && separators.includes(char)) return i;
  }
  return -1;
}

/** Cuts `text` at `separator` outside quotes and angle brackets; parts are trimmed, empty ones dropped. */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  while (start <= text.length) {
    const at = nextOutside(text, separator, start);
    const part = text.slice(start, at === -1 ? text.length : at).trim();
    if (part !== '') parts.push(part);
    if (at === -1) break;
    start = at + 1;
  }
  return parts;
}

/** The values of a comma-separated header line. */
export function splitList(text: string): string[] {
  return splitOutside(text, ',');
}

/** The first value of a comma-separated header line, without reading the others; undefined when all are empty. */
export function firstOfList(text: string): string | undefined {
  for (let start = 0; start <= text.length;) {
    const at = nextOutside(text, ',', start);
    const part = text.slice(start, at === -1 ? text.length : at).trim();
    if (part !== '') return part;
    if (at === -1) return undefined;
    start = at + 1;
  }
  return undefined;
}

/** True when there is a comma outside quotes and angle brackets. */
export function isList(text: string): boolean {
  return nextOutside(text, ',', 0) !== -1;
}

/** True when a value of the list, or a parameter of one, is missing between its separators. */
export function hasEmptyPart(list: string): boolean {
  for (let start = 0; start <= list.length;) {
    const at = nextOutside(list, ',;', start);
    if (list.slice(start, at === -1 ? list.length : at).trim() === '') return true;
    if (at === -1) return false;
    start = at + 1;
  }
  return false;
}
