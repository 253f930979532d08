/** What the server sends to an application. */
export type ServerMessage =
  | ServerReply
  | ServerSipMessage
  /** A call record (`cdr:start` ...), or something that no version has sent yet. */
  | { readonly kind: 'other'; readonly type: string };

/** The answer to a message of the application. */
export interface ServerReply {
  readonly kind: 'reply';
  readonly inReplyTo: string;
  readonly verdict: string;
  /** What follows the verdict. */
  readonly tokens: readonly string[];
  /** False for a part of the answer to `proxy` that is followed by another. */
  readonly last: boolean;
  /** The SIP message as it was sent; empty when none was. */
  readonly message: Buffer;
}

/** A SIP message that arrived, or one that the server sent by itself. */
export interface ServerSipMessage {
  readonly kind: 'sip';
  readonly source: string;
  readonly transactionId: string;
  /** Empty when the message belongs to no dialog. */
  readonly dialogId: string;
  /** A request that belongs to no dialog tells where it was received, which nothing else does. */
  readonly isNew: boolean;
  readonly message: Buffer;
}

/** Reads a payload; undefined when it is none of the protocol. */
export function parseServerMessage(payload: Buffer): ServerMessage | undefined {
  const crlf = payload.indexOf('\r\n');
  const line = payload.toString('utf8', 0, crlf === -1 ? payload.length : crlf);
  const [id, type, ...tokens] = line.split('|');
  if (id === undefined || id === '' || type === undefined) return undefined;
  const message = crlf === -1 ? Buffer.alloc(0) : payload.subarray(crlf + 2);
  if (type === 'response') {
    const [inReplyTo = '', verdict = '', ...rest] = tokens;
    return { kind: 'reply', inReplyTo, verdict, tokens: rest, last: rest[8] !== 'continue', message };
  }
  if (type !== 'sip') return { kind: 'other', type };
  const [source = '', , , , , , transactionId = '', dialogId = '', , receivedOnPort] = tokens;
  return { kind: 'sip', source, transactionId, dialogId, isNew: receivedOnPort !== undefined, message };
}
