import { canonicalHeaderName, type HeaderLine, isToken, type SipHeaders, type SipMessage } from '../../protocol/sip';

/** Headers an application may not set (contracts: drachtio section 6). Content-Length is counted anew anyway. */
const immutable: ReadonlySet<string> = new Set(['Via', 'Route', 'RSeq', 'Record-Route', 'Content-Length']);
const addressed: ReadonlySet<string> = new Set(['From', 'To', 'Contact', 'P-Asserted-Identity']);

/** Header lines of an application's message as they may go out; `hostPort` replaces `localhost`. */
export function allowedHeaders(headers: SipHeaders, hostPort: string): HeaderLine[] {
  return [...headers]
    .map(({ name, value }) => ({ name: outwardName(name), value }))
    .filter(({ name }) => isToken(name) && !immutable.has(name))
    .map(({ name, value }) => ({ name, value: addressed.has(name) ? withOwnAddress(name, value, hostPort) : value }));
}

export type BodyType =
  | { readonly ok: true; readonly contentType: string | undefined }
  | { readonly ok: false; readonly reason: string };

/** Content-Type of an application's message: its own, SDP when the body looks like it, and a must for other bodies. */
export function contentTypeFor(message: SipMessage): BodyType {
  if (message.body.length === 0 || message.headers.has('Content-Type')) return { ok: true, contentType: undefined };
  if (message.body.subarray(0, 3).toString('latin1') === 'v=0') return { ok: true, contentType: 'application/sdp' };
  if (message.kind === 'response') return { ok: true, contentType: undefined };
  return { ok: false, reason: 'missing content-type' };
}

/** Known names as registered, others with a capital after each dash, except what starts with `X-`. */
function outwardName(name: string): string {
  const canonical = canonicalHeaderName(name);
  if (canonical !== name || /^x-/i.test(name)) return canonical;
  return canonical.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
}

function withOwnAddress(name: string, value: string, hostPort: string): string {
  // Angle brackets keep the parameters of a bare URI apart from a tag that is added to the header.
  if (/^\s*(?:sips?|tel):[^<>;,]*$/i.test(value)) return withOwnAddress(name, `<${value.trim()}>`, hostPort);
  const bareNumber = /^\s*<?(\+?\d+)>?((?:;.*)?)$/.exec(value);
  if (bareNumber !== null) return `<sip:${bareNumber[1] ?? ''}@${hostPort}>${bareNumber[2] ?? ''}`;
  const replaced = value.replace(/@localhost(?::\d+)?(?=[;>?\s,]|$)/g, `@${hostPort}`);
  return name === 'From' ? replaced.replace(/(sips?:)localhost(?::\d+)?(?=[;>?\s,]|$)/g, `$1${hostPort}`) : replaced;
}
