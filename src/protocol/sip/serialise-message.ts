import type { SipMessage } from './sip-message';

/** The message as bytes. Content-Length is always written last and always counted here, whatever the headers say. */
export function serialiseMessage(message: SipMessage): Buffer {
  const lines = [startLineOf(message)];
  for (const { name, value } of message.headers) if (name !== 'Content-Length') lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${message.body.length}`, '', '');
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'utf8'), message.body]);
}

export function startLineOf(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}
