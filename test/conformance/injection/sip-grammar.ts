// RFC 3261 section 25.1, as far as a request of ours may go.
const UNRESERVED = 'A-Za-z0-9\\-_.!~*\'()';
const ESCAPED = '%[0-9A-Fa-f]{2}';
const USER = `(?:[${UNRESERVED}&=+$,;?/]|${ESCAPED})+`;
const PASSWORD = `(?:[${UNRESERVED}&=+$,]|${ESCAPED})*`;
/** Underscores are no letters of host names, and found in them. */
const HOST = '(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?|\\[[0-9A-Fa-f:.]+\\])';
const PORT = '(?::\\d{1,5})?';
const PARAM_CHARS = `(?:[${UNRESERVED}\\[\\]/:&+$]|${ESCAPED})+`;
const URI = `sips?:(?:${USER}(?::${PASSWORD})?@)?${HOST}${PORT}(?:;${PARAM_CHARS}(?:=${PARAM_CHARS})?)*`;
const TOKEN = '[A-Za-z0-9\\-.!%*_+`\'~]+';
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\u0080-\\uffff]|\\\\[\\x00-\\x09\\x0b\\x0c\\x0e-\\x7f])*"';
const TEXT = '[\\t\\x20-\\x7e\\u00a0-\\u2027\\u202a-\\ud7ff\\ue000-\\uffff]|[\\ud800-\\udbff][\\udc00-\\udfff]';

const REQUEST_LINE = new RegExp(`^([A-Z]+) (${URI}) SIP/2\\.0$`);
const ADDRESS = new RegExp(`^(?:(?:${QUOTED}|${TOKEN}(?: ${TOKEN})*) ?)?<${URI}>(?:;${TOKEN}(?:=${PARAM_CHARS})?)*$`);
const DIGEST = new RegExp(`^Digest ${TOKEN}=(?:${TOKEN}|${QUOTED})(?:, ?${TOKEN}=(?:${TOKEN}|${QUOTED}))*$`);
const VALUE = new RegExp(`^(?:${TEXT})*$`);

/** Headers of ours in a request, and what their values look like. */
const FIXED: Readonly<Record<string, RegExp>> = {
  from: ADDRESS,
  to: ADDRESS,
  contact: ADDRESS,
  via: /^SIP\/2\.0\/(?:UDP|TCP) \S+$/,
  'call-info': new RegExp(`^<data:,>;purpose=jcard;call-reason=${QUOTED}$`),
  'call-id': /^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}@]+$/,
  cseq: /^\d+ [A-Z]+$/,
  'max-forwards': /^\d{1,2}$/,
  'content-type': /^application\/sdp$/,
  'content-length': /^\d{1,5}$/,
  'user-agent': /^[A-Za-z0-9/. ()-]+$/,
  allow: /^[A-Z]+(?:, ?[A-Z]+)*$/,
  supported: /^[a-z0-9]+(?:, ?[a-z0-9]+)*$/,
  'session-expires': /^\d+(?:;refresher=ua[cs])?$/,
  'min-se': /^\d+$/,
  authorization: DIGEST,
  'proxy-authorization': DIGEST,
  'p-asserted-identity': ADDRESS,
  privacy: /^(?:none|id)$/,
};

export interface RequestRules {
  /** Headers that a tenant asked for, lower case: those and no others may stand beside ours. */
  readonly custom: ReadonlySet<string>;
  /** Every one of `custom` has to be there. */
  readonly complete: boolean;
  /** The only body that is right. */
  readonly body?: string | undefined;
}

/** What is wrong with a request by the grammar. */
export function requestFlaw(message: Buffer, { custom, complete, body }: RequestRules): string | undefined {
  const text = message.toString('utf8');
  if (!Buffer.from(text).equals(message)) return 'no UTF-8';
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return 'no end of headers';
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  if (!REQUEST_LINE.test(start)) return `request line ${JSON.stringify(start)}`;
  const seen = new Set<string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:\s]+): ?(.*)$/s.exec(line) ?? [];
    const lower = name.toLowerCase();
    const grammar = Object.hasOwn(FIXED, lower) ? FIXED[lower] : custom.has(lower) ? VALUE : undefined;
    if (!grammar?.test(value)) return `header ${JSON.stringify(line)}`;
    if (seen.has(lower)) return `a second ${name}`;
    seen.add(lower);
  }
  const missing = [...custom].filter((name) => !seen.has(name));
  if (complete && missing.length > 0) return `lost ${missing.join(', ')}`;
  return body === undefined || text.slice(end + 4) === body ? undefined : 'the body is not ours';
}
