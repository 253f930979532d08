/**
 * Cuts `text` at `separator` outside quoted strings and angle brackets (RFC 3261 7.3.1); parts are trimmed, empty ones
 * dropped.
 */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  return cutOutside(text, separator).map((part) => part.trim()).filter((part) => part !== '');
}

/** True when a value of the list, or a parameter of one, is missing between its separators. */
export function hasEmptyPart(list: string): boolean {
  return cutOutside(list, ',').some((value) => cutOutside(value, ';').some((part) => part.trim() === ''));
}

function cutOutside(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') depth += 1;
    else if (char === '>') depth = Math.max(0, depth - 1);
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** The values of a comma-separated header line. */
export function splitList(text: string): string[] {
  return splitOutside(text, ',');
}
