import { type EslFrame, type EslHeaders, parseHeaderLines } from './esl-frame';

/** A command as a server reads it: `verb args`, then headers (those of sendmsg), then a body. */
export interface EslCommand {
  /** Lower case. */
  readonly verb: string;
  readonly args: string;
  readonly headers: EslHeaders;
  readonly body: string;
}

export function parseEslCommand(frame: EslFrame): EslCommand {
  const [first = '', ...rest] = frame.lines;
  const match = /^\s*(\S+)\s*(.*)$/s.exec(first);
  return {
    verb: (match?.[1] ?? '').toLowerCase(),
    args: (match?.[2] ?? '').trim(),
    headers: parseHeaderLines(rest),
    body: frame.body,
  };
}

/**
 * Client side: the bytes of a command. Line breaks in `line` or header values would end it early and a NUL the text of a
 * server written in C, so control characters become spaces.
 */
export function encodeEslCommand(line: string, headers: EslHeaders = {}, body = ''): Buffer {
  const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ ...headers, ...length })
    .map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}\n`);
  return Buffer.from(`${oneLine(line)}\n${lines.join('')}\n${body}`);
}
