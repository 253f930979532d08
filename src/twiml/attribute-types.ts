import { parseUrl } from '../lib';

export type HttpMethod = 'GET' | 'POST';
export type CallProgressEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

/** What an attribute may hold. `read` returns undefined for a value it refuses. */
export interface AttributeType<T> {
  /** For people, in docs/verbs.md: `integer 5-600`, `GET | POST`. */
  readonly describes: string;
  readonly read: (text: string) => { readonly value: T } | undefined;
}

/** Any text, kept as written. */
export const text: AttributeType<string> = { describes: 'text', read: (value) => ({ value }) };

/** Twilio's library writes `true` and `false`; other spellings of the case are accepted. */
export const boolean: AttributeType<boolean> = {
  describes: 'true | false',
  read: (value) => {
    const word = value.trim().toLowerCase();
    return word === 'true' ? { value: true } : word === 'false' ? { value: false } : undefined;
  },
};

/** A decimal integer from `min` to `max`. */
export function integer(min: number, max = Number.POSITIVE_INFINITY): AttributeType<number> {
  return {
    describes: Number.isFinite(max) ? `integer ${min}-${max}` : `integer from ${min}`,
    read: (text) => {
      if (!/^\s*\d{1,9}\s*$/.test(text)) return undefined;
      const value = Number(text);
      return value >= min && value <= max ? { value } : undefined;
    },
  };
}

/** An integer from 0 where more than `cap` means `cap`. */
export function cappedInteger(cap: number): AttributeType<number> {
  return {
    describes: `integer from 0, at most ${cap} is used`,
    read: (text) => (/^\s*\d{1,9}\s*$/.test(text) ? { value: Math.min(Number(text), cap) } : undefined),
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): AttributeType<T> {
  return {
    describes: allowed.join(' | '),
    read: (text) => {
      const value = allowed.find((word) => word === text.trim());
      return value === undefined ? undefined : { value };
    },
  };
}

/** Words separated by white space, each one of `allowed`, at least one. */
export function listOf<const T extends string>(...allowed: readonly T[]): AttributeType<readonly T[]> {
  return {
    describes: `list of ${allowed.join(', ')}`,
    read: (text) => {
      const words = text.trim().split(/\s+/);
      const value = allowed.filter((word) => words.includes(word));
      return words.every((word) => allowed.some((known) => known === word)) ? { value } : undefined;
    },
  };
}

export const httpMethod: AttributeType<HttpMethod> = {
  describes: 'GET | POST',
  read: (text) => oneOf('GET', 'POST').read(text.toUpperCase()),
};

/** True for an absolute http(s) URL and for a reference that can be resolved against one. */
export function isWebReference(text: string): boolean {
  const protocol = parseUrl(text, 'http://base.invalid/')?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}

/** URL or relative reference, resolved later against the document's URL. Empty is kept as `''`. */
export const url: AttributeType<string> = {
  describes: 'URL, absolute or relative',
  read: (text) => (isWebReference(text.trim()) ? { value: text.trim() } : undefined),
};

/** Text that matches `pattern` entirely. */
export function matching(describes: string, pattern: RegExp): AttributeType<string> {
  return { describes, read: (value) => (pattern.test(value) ? { value } : undefined) };
}

/** The same type for an attribute that has no default. */
export const optional = <T>(type: AttributeType<T>): AttributeType<T | undefined> => type;
