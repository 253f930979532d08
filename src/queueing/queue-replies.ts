import { GatewayError } from '../lib';
import type { ScriptReply } from '../platform/redis';
import type {
  AbandonOutcome, ClaimChange, Claimed, ClaimOutcome, ClaimRequest, ClaimView, EntryChange, EntryRef, EntryState, LegFacts, Meeting, QueueFact, QueueResult,
  QueueView, Whisper,
} from './queue-types';

/** A JSON object from Redis whose fields are not yet known to be there. */
export type Fields = Readonly<Record<string, unknown>>;

const STATES: readonly string[] = ['waiting', 'claimed', 'bridging', 'bridged', 'ended'] satisfies EntryState[];
const GONE: readonly string[] = ['caller-ended', 'released', 'queue-deleted', 'bridge-ended'];

/**
 * The stored record of an entry or a ticket (`lua/shared/records.lua`): what changes, `peer` (the leg of the other side while
 * there is one) and `whisper`. Its own leg is known to whoever asks.
 */
export function parseRecord(raw: string): Fields {
  const [, row = '', , peer = '', whisper = ''] = raw.split('\n');
  const value: unknown = JSON.parse(row);
  if (!isFields(value)) throw corrupt('record', raw);
  const others: { peer?: unknown; whisper?: unknown } = {};
  if (peer !== '') others.peer = JSON.parse(peer);
  if (whisper !== '') others.whisper = JSON.parse(whisper);
  return Object.assign(value, others);
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw corrupt(name, value);
  return value;
}

export function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw corrupt(name, value);
  return value;
}

export function list(fields: Fields, name: string): Fields[] {
  const value = fields[name];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw corrupt(name, value);
  return value.map((item: unknown) => {
    if (!isFields(item)) throw corrupt(name, item);
    return item;
  });
}

export function entryRef(accountSid: string, fields: Fields): EntryRef {
  return {
    accountSid,
    queueSid: text(fields, 'queueSid'),
    entryId: text(fields, 'entryId'),
    callSid: text(fields, 'callSid'),
  };
}

function peer(fields: Fields): LegFacts {
  const stored = fields['peer'];
  if (!isFields(stored)) throw corrupt('peer', stored);
  return {
    callSid: text(stored, 'callSid'),
    from: text(stored, 'from'),
    to: text(stored, 'to'),
    endpointUuid: text(stored, 'endpointUuid'),
    mediaServer: text(stored, 'mediaServer'),
  };
}

function whisper(fields: Fields): Whisper | undefined {
  const stored = fields['whisper'];
  if (stored === undefined) return undefined;
  if (!isFields(stored)) throw corrupt('whisper', stored);
  return { url: text(stored, 'url'), method: text(stored, 'method') === 'GET' ? 'GET' : 'POST' };
}

/** The claim of a reply or of an entry's record: the agent is the `peer`. */
export function claimView(fields: Fields): ClaimView | undefined {
  const claim = fields['claim'];
  if (claim === undefined) return undefined;
  if (!isFields(claim)) throw corrupt('claim', claim);
  const said = whisper(fields);
  return {
    token: text(claim, 'token'),
    agent: peer(fields),
    gatewayId: text(claim, 'gatewayId'),
    ...(said ? { whisper: said } : {}),
  };
}

/** The claim of a reply or of a ticket's record: the caller is the `peer`. */
function claimed(accountSid: string, reply: Fields): Claimed {
  return { ...meeting(accountSid, reply), token: text(reply, 'token'), callerGatewayId: text(reply, 'callerGatewayId') };
}

/** With whom it is or was. */
function meeting(accountSid: string, reply: Fields): Meeting {
  const caller = peer(reply);
  return {
    entry: { accountSid, queueSid: text(reply, 'queueSid'), entryId: text(reply, 'entryId'), callSid: caller.callSid },
    caller,
    queueTimeMs: number(reply, 'queueTimeMs'),
  };
}

/** Throws `queueing-stale-epoch`, `queueing-agent-busy`. */
export function claimOutcome({ accountSid, agent, epoch }: ClaimRequest, { outcome, ...reply }: Fields): ClaimOutcome {
  switch (outcome) {
    case 'claimed':
      return { outcome, ...claimed(accountSid, reply) };
    case 'waiting':
      return { outcome, ticket: text(reply, 'ticket'), queueSid: text(reply, 'queueSid') };
    case 'over':
      return { outcome, met: meeting(accountSid, reply) };
    case 'empty':
      return { outcome, queueSid: text(reply, 'queueSid') };
    case 'stale-epoch':
      throw new GatewayError('queueing-stale-epoch', `agent call ${agent.callSid} belongs to a later epoch than ${epoch}`);
    default:
      throw new GatewayError('queueing-agent-busy', `agent call ${agent.callSid} claims or waits in another queue`);
  }
}

export function abandonOutcome(accountSid: string, { outcome, ...reply }: Fields): AbandonOutcome {
  if (outcome === 'released') return { outcome, entry: entryRef(accountSid, reply) };
  if (outcome === 'bridged' || outcome === 'over') return { outcome, met: meeting(accountSid, reply) };
  return { outcome: outcome === 'stale' || outcome === 'cancelled' ? outcome : 'none' };
}

export function entryState(fields: Fields): EntryState {
  const state = text(fields, 'state');
  if (!STATES.includes(state)) throw corrupt('state', state);
  return state as EntryState;
}

export function result(fields: Fields): QueueResult {
  return text(fields, 'result') as QueueResult;
}

export function queueView(reply: Fields): QueueView {
  const claim = claimView(reply);
  return {
    queueSid: text(reply, 'queueSid'),
    queueName: text(reply, 'queueName'),
    position: number(reply, 'position'),
    size: number(reply, 'size'),
    maxSize: number(reply, 'maxSize'),
    queueTimeMs: number(reply, 'queueTimeMs'),
    averageQueueTimeMs: number(reply, 'averageQueueTimeMs'),
    state: entryState(reply),
    ...(claim ? { claim } : {}),
    ...(reply['result'] === undefined ? {} : { result: result(reply) }),
  };
}

/** What a stored entry tells its owner. */
export function entryChange(record: Fields): EntryChange {
  const state = entryState(record);
  if (state === 'ended') {
    const until = typeof record['bridgedAt'] === 'number' ? record['bridgedAt'] : number(record, 'endedAt');
    return {
      state,
      result: result(record),
      queueTimeMs: Math.max(0, until - number(record, 'enqueuedAt')),
      actionToken: text(record, 'actionToken'),
    };
  }
  const claim = claimView(record);
  return claim ? { state, claim } : { state };
}

/** What a stored ticket tells the agent's side. */
export function claimChange(accountSid: string, record: Fields): ClaimChange {
  const state = text(record, 'state');
  if (state === 'waiting') return { state };
  // A bridged claim says whose it is as well: two changes may be read as one.
  if (state === 'claimed' || state === 'bridged') return { state, ...claimed(accountSid, record) };
  const reason = text(record, 'reason');
  if (state !== 'gone' || !GONE.includes(reason)) throw corrupt('ticket', `${state} ${reason}`);
  const met = record['peer'] === undefined ? {} : { met: meeting(accountSid, record) };
  return { state: 'gone', reason: reason as Extract<ClaimChange, { state: 'gone' }>['reason'], ...met };
}

/** The facts a script reports, with the account they belong to. */
export function queueFacts(accountSid: string, reply: ScriptReply): QueueFact[] {
  return list(reply, 'facts').map((fields) => Object.assign(fields, { accountSid }) as unknown as QueueFact);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function corrupt(what: string, value: unknown): GatewayError {
  return new GatewayError('queueing-corrupt-record',
    `unexpected ${what} in Redis: ${String(JSON.stringify(value)).slice(0, 200)}`);
}
