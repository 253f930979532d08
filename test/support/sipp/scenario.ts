/** Builds SIPp scenarios out of steps: what a carrier sends, what it expects, and what must be in it. */

export interface Sent {
  /** Further header lines. */
  readonly headers?: readonly string[];
  /** Body; with `type` when it is no SDP. */
  readonly body?: string;
  readonly type?: string;
  /** Per cent of its copies that get lost. */
  readonly lost?: number;
}

export interface Expected {
  /** POSIX regular expressions that the message must match, or the call fails. */
  readonly has?: readonly string[];
  readonly lost?: number;
  /** May be missing. */
  readonly optional?: boolean;
}

/** An SDP of SIPp: its rtp_stream port with these payload types (`0 101`), direction and version. */
export function sdp(options: { payloads?: string; direction?: string; version?: number; comfortNoise?: boolean } = {}): string {
  const { payloads = '0 101', direction = 'sendrecv', version = 1 } = options;
  const names: Readonly<Record<string, string>> = {
    0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000', 13: 'CN/8000', 18: 'G729/8000', 101: 'telephone-event/8000',
  };
  return [
    'v=0', `o=sipp 1 ${version} IN IP[local_ip_type] [local_ip]`, 's=-', 'c=IN IP[media_ip_type] [media_ip]', 't=0 0',
    `m=audio [rtpstream_audio_port] RTP/AVP ${payloads}`,
    ...payloads.split(' ').map((payload) => `a=rtpmap:${payload} ${names[payload] ?? 'x/8000'}`),
    `a=${direction}`,
  ].join('\n');
}

const OURS = '<sip:[from_user]@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]';
const CONTACT = 'Contact: <sip:[from_user]@[local_ip]:[local_port];transport=[transport]>';

const block = (lines: readonly string[], { headers = [], body, type }: Sent): string => [
  ...lines, ...headers,
  ...(body === undefined ? [] : [`Content-Type: ${type ?? 'application/sdp'}`]),
  'Content-Length: [len]', '', body ?? '',
].join('\n');

const send = (text: string, { lost }: Sent, retransmits: boolean): string =>
  `<send${retransmits ? ' retrans="500"' : ''}${lost === undefined ? '' : ` lost="${lost}"`}><![CDATA[\n${text}\n]]></send>`;

/** SIPp knows no entity for these characters in an expression; any character will do. */
const checksOf = ({ has = [] }: Expected): string =>
  has.map((pattern) => `<ereg regexp="${pattern.replace(/[&<"]/g, '.')}" search_in="msg" check_it="true" assign_to="found"/>`).join('');

function recv(what: string, expected: Expected): string {
  const { lost, optional = false } = expected;
  const checks = checksOf(expected);
  const attributes = `${what}${lost === undefined ? '' : ` lost="${lost}"`}${optional ? ' optional="true"' : ''} rrs="true"`;
  return checks === '' ? `<recv ${attributes}/>` : `<recv ${attributes}><action>${checks}</action></recv>`;
}

/** A request of the calling side; `cseq` is given because retries and ACKs repeat it. */
function request(method: string, cseq: number, sent: Sent, inDialog: boolean): string {
  const target = inDialog ? '[next_url]' : 'sip:[service]@[remote_ip]:[remote_port]';
  return block([
    `${method} ${target} SIP/2.0`,
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
    `From: ${OURS}`, `To: <sip:[service]@[remote_ip]:[remote_port]>${inDialog ? '[peer_tag_param]' : ''}`,
    'Call-ID: [call_id]', `CSeq: ${cseq} ${method}`, CONTACT, 'Max-Forwards: 70',
    ...(inDialog ? ['[routes]'] : []),
  ], sent);
}

/** Steps of the calling side. */
export const caller = {
  invite: (sent: Sent = { body: sdp() }): string => send(request('INVITE', 1, sent, false), sent, true),
  /** CANCEL of the first INVITE, which was sent so many steps before: with its branch and without a To tag. */
  cancel: (since: number): string => send(request('CANCEL', 1, {}, false).replace('[branch]', `[branch-${since}]`), {}, true),
  /** The ACK of a refusal belongs to the INVITE's transaction too. */
  ackRefusal: (since: number): string => send(request('ACK', 1, {}, false)
    .replace('[branch]', `[branch-${since}]`).replace(/^To: .*$/m, '[last_To:]'), {}, false),
  ack: (cseq = 1, sent: Sent = {}): string => send(request('ACK', cseq, sent, true), sent, false),
  request: (method: string, cseq: number, sent: Sent = {}): string => send(request(method, cseq, sent, true), sent, true),
};

const answerLines = (status: string): string[] => [
  `SIP/2.0 ${status}`, '[last_Via:]', '[last_Record-Route:]', '[last_From:]',
];

/** Steps of whoever was asked. */
export const answer = {
  /** To a request inside the dialog. */
  inDialog: (status: string, sent: Sent = {}): string =>
    send(block([...answerLines(status), '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]', CONTACT], sent), sent, false),
  /** To the INVITE that began the dialog, also after other requests have come in between. */
  invite: (status: string, sent: Sent = {}): string => send(block([
    `SIP/2.0 ${status}`, '[$invite_via]', ...(sent.headers ?? []).filter((line) => line.startsWith('Record-Route')), '[$invite_from]',
    '[$invite_to];tag=[pid]SIPp[call_number]', '[last_Call-ID:]', '[$invite_cseq]', CONTACT,
  ], { ...sent, headers: (sent.headers ?? []).filter((line) => !line.startsWith('Record-Route')) }), sent, !status.startsWith('1')),
  /** A request of the answering side inside the dialog. */
  request: (method: string, cseq: number, sent: Sent = {}): string => send(block([
    `${method} [next_url] SIP/2.0`, 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
    '[$own_from];tag=[pid]SIPp[call_number]', '[$own_to]', '[last_Call-ID:]', `CSeq: ${cseq} ${method}`, CONTACT, 'Max-Forwards: 70', '[routes]',
  ], sent), sent, true),
};

export const expectResponse = (status: number, expected: Expected = {}): string => recv(`response="${status}"`, expected);
export const expectRequest = (method: string, expected: Expected = {}): string => recv(`request="${method}"`, expected);

/** What an answering scenario begins with: the INVITE, whose headers later answers repeat. */
export function expectInvite(expected: Expected = {}): string {
  const keep = (header: string, name: string): string =>
    `<ereg regexp=".*" search_in="hdr" header="${header}:" assign_to="${name}_value"/>`;
  const value = (name: string, text: string): string => `<assignstr assign_to="${name}" value="${text}"/>`;
  return `<recv request="INVITE" rrs="true"><action>${keep('Via', 'via')}${keep('From', 'from')}${keep('To', 'to')}${keep('CSeq', 'cseq')}${
    checksOf(expected)}${value('invite_via', 'Via:[$via_value]')}${value('invite_from', 'From:[$from_value]')}${
    value('invite_to', 'To:[$to_value]')}${value('invite_cseq', 'CSeq:[$cseq_value]')}${value('own_from', 'From:[$to_value]')}${
    value('own_to', 'To:[$from_value]')}</action></recv>`;
}

/** Says its tone from now on, or a second of it, in the codec of this payload type. */
export const speak = (payload = 0, seconds: 1 | 'for ever' = 'for ever'): string =>
  `<nop><action><exec rtp_stream="[tone_file],${seconds === 1 ? 1 : -1},${payload}"/></action></nop>`;
export const pause = (ms: number): string => `<pause milliseconds="${ms}"/>`;

const KEPT = ['via_value', 'from_value', 'to_value', 'cseq_value', 'invite_via', 'invite_from', 'invite_to', 'invite_cseq', 'own_from', 'own_to'];

/** The scenario of these steps, in order. */
export function scenario(name: string, ...steps: readonly string[]): { readonly xml: string } {
  const text = steps.join('\n');
  const used = ['found', ...KEPT].filter((variable) => text.includes(`assign_to="${variable}"`));
  const reference = used.length === 0 ? '' : `<Reference variables="${used.join(',')}"/>`;
  return { xml: `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${text}\n${reference}\n</scenario>\n` };
}

const ANY_PROVISIONAL = [100, 180, 183].map((status) => expectResponse(status, { optional: true })).join('\n');

/** A call is set up: INVITE, provisional responses, 200, ACK. */
export const callUp = (sent?: Sent, answered: Expected = {}, ack: Sent = {}): string =>
  [caller.invite(sent), ANY_PROVISIONAL, expectResponse(200, answered), caller.ack(1, ack)].join('\n');

/** Until the far end hangs up. */
export const untilBye = (expected: Expected = {}): string => [expectRequest('BYE', expected), answer.inDialog('200 OK')].join('\n');
/** By its transaction: a repeated 200 of the INVITE must not pass for the answer to a BYE that was lost. */
export const hangUp = (cseq: number): string => [
  caller.request('BYE', cseq).replace('<send', '<send start_txn="bye"'),
  expectResponse(200).replace('<recv', '<recv response_txn="bye"'),
].join('\n');
/** A re-INVITE (or UPDATE) of the caller with its answer. */
export const change = (cseq: number, sent: Sent, answered: Expected = {}): string => [
  caller.request('INVITE', cseq, sent), expectResponse(100, { optional: true }), expectResponse(200, answered), caller.ack(cseq),
].join('\n');
