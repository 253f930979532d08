import { GatewayError } from '../lib';
import { formatHostPort, parseUri } from '../protocol/sip';
import type { PlaySpec } from './audio-source';

/** What the person at the terminal asked for. */
export interface CallRequest {
  /** Request-URI. */
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  readonly from: string | undefined;
  readonly play: PlaySpec;
  /** Path of the WAV file to write at the end. */
  readonly recordTo: string | undefined;
  /** Keys to press once answered; 'w' waits 500 ms. */
  readonly digits: string | undefined;
  /** Hang up this long after the answer. */
  readonly talkMs: number | undefined;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 5060;

/**
 * Reads TO, FROM, PLAY, RECORD, DIGITS, SECONDS, HOLDFAST_SIP_HOST, HOLDFAST_SIP_PORT. Throws
 * `phone-bad-call-request`.
 */
export function readCallRequest(environment: Readonly<Record<string, string | undefined>>): CallRequest {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const to = given('TO');
  if (to === undefined) throw refusal('say whom to call, for example: make call TO=1000');
  const host = given('HOLDFAST_SIP_HOST') ?? DEFAULT_HOST;
  const port = wholeNumber('HOLDFAST_SIP_PORT', given('HOLDFAST_SIP_PORT') ?? String(DEFAULT_PORT), 1, 65_535);
  const digits = given('DIGITS')?.replace(/,/g, 'w');
  if (digits !== undefined && !/^[0-9A-Da-d*#wW]+$/.test(digits)) {
    throw refusal(`DIGITS=${digits}: only 0-9, *, #, A-D, and w or a comma for half a second of pause`);
  }
  const seconds = given('SECONDS');
  const uri = uriOf(to, host, port);
  const target = parseUri(uri);
  return {
    uri,
    host: target?.host ?? host,
    port: target?.port ?? DEFAULT_PORT,
    from: given('FROM'),
    play: readPlay(given('PLAY')),
    recordTo: given('RECORD'),
    digits,
    talkMs: seconds === undefined ? undefined : wholeNumber('SECONDS', seconds, 0, 86_400) * 1000,
  };
}

function uriOf(to: string, host: string, port: number): string {
  const user = encodeURIComponent(to).replace(/%2B/g, '+'); // "+" may stand in a user part, "#" may not (RFC 3261 25.1)
  const uri = /^sips?:/i.test(to) ? to : `sip:${to.includes('@') ? to : `${user}@${formatHostPort({ host, port })}`}`;
  if (parseUri(uri) === undefined) throw refusal(`TO=${to} is neither a number nor a sip: address`);
  return uri;
}

function readPlay(play: string | undefined): PlaySpec {
  if (play === undefined || play === 'silence') return 'silence';
  const tone = /^tone:(\d+)$/.exec(play)?.[1];
  return tone === undefined ? play : { tone: wholeNumber('PLAY=tone', tone, 20, 3_900) };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw refusal(`${name}=${text}: a whole number from ${least} to ${most} is needed`);
}

const refusal = (message: string): GatewayError => new GatewayError('phone-bad-call-request', message);
