/** Where a SIP message was seen and when, as the token lines tell it. */
export interface SipTrace {
  /** Bytes of the message; informational. */
  readonly bytes: number;
  readonly protocol: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Reply to an application message: `OK`, `NO` (not understood) or `NOK` (understood, but SIP says no). */
export function replyLine(id: string, inReplyTo: string, verdict: 'OK' | 'NO' | 'NOK', ...tokens: string[]): string {
  return [id, 'response', inReplyTo, verdict, ...tokens].join('|');
}

/** Reply that echoes a request as it was sent; the request follows. */
export function requestSentLine(id: string, inReplyTo: string, trace: SipTrace, transactionId: string): string {
  return replyLine(id, inReplyTo, 'OK', 'application', ...traceTokens(trace), transactionId, 'Msg sent:', '');
}

/** Reply that echoes a response as it was sent; the response follows. */
export function responseSentLine(
  id: string, inReplyTo: string, trace: SipTrace, transactionId: string, dialogId: string,
): string {
  const ids = [transactionId, dialogId, ''];
  return replyLine(id, inReplyTo, 'OK', 'application', ...traceTokens(trace), ...ids, 'Msg sent:', '');
}

/** A request outside any dialog, with the address it was received on; the request follows. */
export function newRequestLine(
  id: string, trace: SipTrace, transactionId: string, receivedOn: { readonly host: string; readonly port: number },
): string {
  const destination = [receivedOn.host, String(receivedOn.port), ''];
  return [id, 'sip', 'network', ...traceTokens(trace), transactionId, '', ...destination].join('|');
}

/** A request inside a dialog, or a response (empty dialog id when it belongs to none); the message follows. */
export function sipLine(
  id: string, source: 'network' | 'application', trace: SipTrace, transactionId: string, dialogId: string,
): string {
  return [id, 'sip', source, ...traceTokens(trace), transactionId, dialogId, ''].join('|');
}

/** The transaction id of a BYE that the server sent by itself. */
export const unsolicited = 'unsolicited';

/** A token line and the SIP message after it, as one payload. */
export function withSipMessage(line: string, message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${line}\r\n`, 'utf8'), message]);
}

/** `HH:MM:SS.uuuuuu` in UTC, without a date. */
export function traceTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 23)}000`;
}

function traceTokens({ bytes, protocol, address, port, at }: SipTrace): string[] {
  return [String(bytes), protocol, address, String(port), traceTime(at)];
}
