import { type InviteBody, SUPPORTED_EXTENSIONS } from '../dialogs';
import { parseUri, splitList } from '../protocol/sip';

/** What of an INVITE decides whether it can be taken at all. */
export interface RequestFacts {
  /** `2.0`. */
  readonly version: string;
  readonly requestUri: string;
  readonly body: InviteBody;
  readonly header: (name: string) => string | undefined;
}

export interface RequestRefusal {
  readonly status: 400 | 406 | 415 | 416 | 420 | 483 | 505;
  readonly why: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Check = (request: RequestFacts) => RequestRefusal | undefined;

/** In the order of RFC 3261 section 8.2; the first that refuses decides. */
const CHECKS: readonly Check[] = [version, requestUri, hops, extensions, content, answerType];

/**
 * Why an INVITE cannot be taken, whoever sent it, or undefined. drachtio-server passes nearly all of these on (seen with
 * 0.9.10); the embedded server answers some of them itself. Requests of other methods never get here: those that
 * drachtio-server hands to applications are refused where they arrive (`dialogs/drachtio-connection.ts`), and one with a
 * method that it does not know it drops.
 */
export function refuseRequest(request: RequestFacts): RequestRefusal | undefined {
  for (const check of CHECKS) {
    const refusal = check(request);
    if (refusal) return refusal;
  }
  return undefined;
}

function version({ version: spoken }: RequestFacts): RequestRefusal | undefined {
  return spoken === '2.0' ? undefined : refusal(505, `SIP/${spoken}`);
}

function requestUri({ requestUri: uri }: RequestFacts): RequestRefusal | undefined {
  if (parseUri(uri)) return undefined;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  const known = scheme === undefined || ['sip', 'sips', 'tel'].includes(scheme);
  return known ? refusal(400, 'Request-URI is malformed') : refusal(416, `scheme ${scheme}`);
}

/** We are no proxy, but what comes in may go out again as another call (RFC 7332 section 4). */
function hops({ header }: RequestFacts): RequestRefusal | undefined {
  return /^\s*0+\s*$/.test(header('Max-Forwards') ?? '') ? refusal(483, 'Max-Forwards is 0') : undefined;
}

function extensions({ header }: RequestFacts): RequestRefusal | undefined {
  const supported = splitList(SUPPORTED_EXTENSIONS);
  const unsupported = splitList(header('Require') ?? '').filter((tag) => !supported.includes(tag.toLowerCase()));
  if (unsupported.length === 0) return undefined;
  const named = unsupported.join(', ');
  return refusal(420, `Require: ${named}`, { Unsupported: named });
}

function content({ header, body }: RequestFacts): RequestRefusal | undefined {
  if (body.outcome !== 'unsupported') return undefined;
  return refusal(415, header('Content-Type') ?? 'a body without a type', body.headers);
}

/** An INVITE can be answered with SDP only; an empty Accept refuses every body (RFC 3261 section 20.1). */
function answerType({ header }: RequestFacts): RequestRefusal | undefined {
  const accept = header('Accept');
  if (accept === undefined) return undefined;
  const types = splitList(accept).map((value) => (value.split(';')[0] ?? '').trim().toLowerCase());
  const fits = types.some((type) => ['application/sdp', 'application/*', '*/*'].includes(type) || type.startsWith('multipart/'));
  return fits ? undefined : refusal(406, `Accept: ${accept}`, { Accept: 'application/sdp' });
}

function refusal(
  status: RequestRefusal['status'], why: string, headers: Readonly<Record<string, string>> = {},
): RequestRefusal {
  return { status, why, headers };
}
