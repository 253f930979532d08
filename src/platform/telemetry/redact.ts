const MARK = '[redacted]';

/** Key names, lower case without punctuation, whose values are never written. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'authorization', 'proxyauthorization', 'cookie', 'setcookie', 'xtwiliosignature', 'signature', 'apikey', 'digits',
  'digit', 'senddigits', 'pin', 'passwd', 'credentials',
]);
const SECRET_ENDINGS = ['token', 'password', 'secret', 'secretkey'] as const;

function isSecretKey(key: string): boolean {
  const name = key.toLowerCase().replace(/[^a-z]/g, '');
  return SECRET_KEYS.has(name) || SECRET_ENDINGS.some((ending) => name.endsWith(ending));
}

const WORTH_A_LOOK = /:\/\/|authorization|signature|digits|token|password|secret/i;
const PATTERNS: readonly [pattern: RegExp, replacement: string][] = [
  // Header lines inside a traced SIP or HTTP message, also when its line ends are escaped.
  [/((?:proxy-)?authorization|x-twilio-signature|cookie)(\s*:\s*)(?:(?!\\[rn])[^\r\n])+/gi, `$1$2${MARK}`],
  // The same headers in JSON text.
  [/("(?:(?:proxy-)?authorization|x-twilio-signature|cookie)"\s*:\s*")(?:\\.|[^"\\])*/gi, `$1${MARK}`],
  // Parameters in a query or a form body.
  [/\b(digits|[a-z_-]*(?:token|password|secret(?:_?key)?))=[^&\s"']+/gi, `$1=${MARK}`],
  // The user part of a URL: account token, Redis password.
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `$1${MARK}@`],
];

/** A text without the secrets that can be told by their surroundings. */
export function redactText(text: string): string {
  if (!WORTH_A_LOOK.test(text)) return text;
  return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

const MAX_DEPTH = 6;

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { cause, ...own } = error as Error & Record<string, unknown>;
  return {
    type: error.name, message: redactText(error.message), stack: redactText(error.stack ?? ''),
    ...redactEntries(own, depth), ...(cause === undefined ? {} : { cause: redactValue(cause, depth) }),
  };
}

function redactEntries(value: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    copy[key] = isSecretKey(key) && child !== undefined && child !== null ? MARK : redactValue(child, depth);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) return redactError(value, depth + 1);
  if (value instanceof Date) return value.toISOString();
  // Audio and document bodies: their size says enough.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return redactEntries(Object.fromEntries(value) as object, depth + 1);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return redactEntries(value, depth + 1);
}

/** A copy of what is about to be logged without secrets, at any depth; errors keep type, message, stack and cause. */
export function redactFacts(facts: object): Record<string, unknown> {
  return facts instanceof Error ? { err: redactError(facts, 0) } : redactEntries(facts, 0);
}
