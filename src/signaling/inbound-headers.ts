/** What an application is told of the headers of an INVITE. */
export interface ApplicationHeaders {
  /** Names as written by the caller, with their values. */
  readonly headers: Readonly<Record<string, string>>;
  /** How many were left out for being too many or too long. */
  readonly dropped: number;
}

/** Every request about the call repeats them, and some of those are GETs. */
const MAX_HEADERS = 50;
const MAX_NAME = 64;
const MAX_VALUE = 1_024;
const MAX_TOTAL = 4_096;

/** `X-` headers, and User-to-User (RFC 7433), which `<Sip>` sends as well. */
const FOR_APPLICATIONS = /^(?:x-[a-z0-9.!%*_+`'~-]+|user-to-user)$/i;

/**
 * The headers that are meant for applications. Lines of one name, however spelled, become one value with commas, as SIP has
 * it (RFC 3261 section 7.3.1); what does not fit is left out whole, never cut.
 */
export function applicationHeaders(received: Readonly<Record<string, string>>): ApplicationHeaders {
  const byName = new Map<string, [name: string, value: string]>();
  for (const [name, value] of Object.entries(received)) {
    if (!FOR_APPLICATIONS.test(name)) continue;
    const key = name.toLowerCase();
    const clean = oneLine(value);
    const before = byName.get(key);
    byName.set(key, before ? [before[0], `${before[1]},${clean}`] : [key === 'user-to-user' ? 'User-to-User' : name, clean]);
  }
  const kept: [string, string][] = [];
  let total = 0;
  for (const [name, value] of byName.values()) {
    const size = name.length + value.length;
    if (kept.length >= MAX_HEADERS || name.length > MAX_NAME || value.length > MAX_VALUE || total + size > MAX_TOTAL) continue;
    kept.push([name, value]);
    total += size;
  }
  return { headers: Object.fromEntries(kept), dropped: byName.size - kept.length };
}

/** Folded lines are one (RFC 3261 section 7.3.1), and control characters mean nothing. */
const oneLine = (value: string): string => value.replace(/[\r\n]+[ \t]*/g, ' ').replace(/\p{Cc}/gu, '').trim();
