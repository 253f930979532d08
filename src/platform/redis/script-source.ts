import { createHash } from 'node:crypto';
import { GatewayError } from '../../lib';

/** A script ready to be sent: `keys` and `args` in the order of its header. */
export interface ScriptSource {
  readonly name: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly replies: readonly string[];
  readonly text: string;
  readonly sha1: string;
}

const HEADER_LINE = /^-- (name|keys|args|replies|include): *(.*)$/;

/**
 * Turns a .lua file into the text that is sent to Redis. The file begins with a header of comment lines:
 *
 *   -- name: claim                         (equal to the file's name)
 *   -- keys: entries tickets ...           (KEYS in this order; the script sees them as K.entries, K.tickets, ...)
 *   -- args: account callSid ...           (ARGV in this order; A.account, A.callSid, ...)
 *   -- replies: claimed | waiting | empty  (the `outcome` values of its JSON reply)
 *   -- include: shared/records             (any number of words: files put before the script, each once)
 *
 * `name`, `keys`, `args`, `replies` are required (`keys:` and `args:` may be empty). Throws GatewayError
 * `platform-redis-bad-script`.
 */
export function buildScript(name: string, file: string, readInclude: (include: string) => string): ScriptSource {
  const header = new Map<string, string>();
  for (const line of file.split('\n')) {
    const match = HEADER_LINE.exec(line);
    if (!match) {
      if (line.startsWith('--')) continue;
      break;
    }
    const [, field = '', value = ''] = match;
    if (header.has(field)) throw bad(name, `two "${field}" lines`);
    header.set(field, value.trim());
  }
  for (const field of ['name', 'keys', 'args', 'replies']) {
    if (!header.has(field)) throw bad(name, `no "-- ${field}:" line in its header`);
  }
  const named = header.get('name') ?? '';
  if (named !== name) throw bad(name, `its header names it "${named}"`);
  const keys = words(header.get('keys'));
  const args = words(header.get('args'));
  const replies = (header.get('replies') ?? '').split('|').map((reply) => reply.trim());
  const includes = words(header.get('include')).map(readInclude);
  const text = [bindings('K', 'KEYS', keys), bindings('A', 'ARGV', args), ...includes, file].join('\n');
  return { name, keys, args, replies, text, sha1: createHash('sha1').update(text).digest('hex') };
}

function bindings(table: string, source: string, names: readonly string[]): string {
  return `local ${table} = {${names.map((word, index) => `${word}=${source}[${index + 1}]`).join(', ')}}`;
}

function words(line: string | undefined): string[] {
  return (line ?? '').split(/\s+/).filter((word) => word !== '');
}

function bad(name: string, why: string): GatewayError {
  return new GatewayError('platform-redis-bad-script', `script ${name}: ${why}`);
}
