/** What an application sends to the server. `id` is its message id, named again in our reply. */
export type ClientMessage =
  | { readonly kind: 'authenticate'; readonly id: string; readonly secret: string; readonly tags: readonly string[] }
  | { readonly kind: 'route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'remove-route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'ping'; readonly id: string }
  | ClientSipMessage
  | { readonly kind: 'unknown'; readonly id: string; readonly command: string; readonly tokens: readonly string[] };

/** A SIP message to send: a response by transaction, a CANCEL by transaction, a request by dialog, or a new request. */
export interface ClientSipMessage {
  readonly kind: 'sip';
  readonly id: string;
  readonly transactionId: string | undefined;
  readonly dialogId: string | undefined;
  /** Next hop of a new request. */
  readonly proxy: string | undefined;
  /** The raw message after the token line. */
  readonly message: Buffer;
}

/** Reads a payload; undefined when it has no message id and command to answer to. */
export function parseClientMessage(payload: Buffer): ClientMessage | undefined {
  const crlf = payload.indexOf('\r\n');
  const line = payload.toString('utf8', 0, crlf === -1 ? payload.length : crlf);
  const [id, command, ...tokens] = line.split('|');
  if (id === undefined || id === '' || command === undefined) return undefined;
  const verb = (tokens[0] ?? '').trim().toLowerCase();
  switch (command) {
    case 'authenticate':
      return { kind: 'authenticate', id, secret: tokens[0] ?? '', tags: tokens[1]?.split(',').filter(Boolean) ?? [] };
    case 'route':
      return { kind: 'route', id, verb };
    case 'remove_route':
      return { kind: 'remove-route', id, verb };
    case 'ping':
      return { kind: 'ping', id };
    case 'sip':
      return {
        kind: 'sip',
        id,
        transactionId: tokens[0] || undefined,
        dialogId: tokens[1] || undefined,
        proxy: tokens[2] || undefined,
        message: crlf === -1 ? Buffer.alloc(0) : payload.subarray(crlf + 2),
      };
    default:
      return { kind: 'unknown', id, command, tokens };
  }
}
