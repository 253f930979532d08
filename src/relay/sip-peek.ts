import { drachtioDialogId } from '../protocol/drachtio';
import { tagOf } from '../protocol/sip';

/** All that the relay wants to know of a SIP message: its first line. */
export type FirstLine =
  | { readonly kind: 'request'; readonly method: string }
  | { readonly kind: 'response'; readonly status: number };

/** Undefined when it is no SIP message. */
export function firstLineOf(message: Buffer): FirstLine | undefined {
  const [first = '', second = ''] = message.toString('latin1', 0, 64).split(' ', 2);
  if (first.startsWith('SIP/')) {
    return /^[1-6]\d\d$/.test(second) ? { kind: 'response', status: Number(second) } : undefined;
  }
  return /^[A-Z]+$/.test(first) && second !== '' ? { kind: 'request', method: first } : undefined;
}

/** The id of the dialog that this INVITE of ours makes when it is answered; undefined when drachtio did not write one. */
export function dialogIdOfInvite(invite: Buffer): string | undefined {
  const callId = headerOf(invite, 'Call-ID');
  const tag = tagOf(headerOf(invite, 'From'));
  return callId === undefined || tag === undefined ? undefined : drachtioDialogId(callId, tag);
}

/** Lines of a request that its response repeats (RFC 3261 section 8.2.6.2). */
export function repeatedLines(request: Buffer): string {
  return ['Call-ID', 'CSeq', 'From', 'To']
    .flatMap((name) => {
      const value = headerOf(request, name);
      return value === undefined ? [] : [`${name}: ${value}\r\n`];
    })
    .join('');
}

/** As drachtio writes it: its full name, on one line. */
function headerOf(message: Buffer, name: string): string | undefined {
  const end = message.indexOf('\r\n\r\n');
  const head = message.toString('utf8', 0, end === -1 ? message.length : end);
  return new RegExp(`^${name}[ \\t]*:[ \\t]*(.*?)\\r?$`, 'im').exec(head)?.[1];
}
