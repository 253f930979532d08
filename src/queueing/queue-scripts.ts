import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { RedisScripts } from '../platform/redis';

/** Of every script that changes something: what makes it happen once (shared/once). */
const ONCE = ['operation'] as const;
const QUEUE = [
  ...ONCE, 'entries', 'calls', 'tickets', 'leases', 'retained', 'claims', 'ages', 'members', 'waiting', 'agents',
  'settling',
] as const;
const MATCHING = [...ONCE, 'entries', 'tickets', 'leases', 'retained', 'claims', 'waiting', 'agents', 'settling'] as const;
const SCOPE = ['channels', 'rememberMs'] as const;
const MATCHING_SCOPE = [...SCOPE, 'nonce'] as const;

/** What the engine relies on, by script; the loader compares it with the headers in `lua/`. */
export const QUEUE_SCRIPTS = {
  enqueue: {
    keys: ['names', 'queues', 'sequence', ...QUEUE],
    args: [
      ...MATCHING_SCOPE, 'queueSid', 'candidate', 'name', 'maxSize', 'entryId', 'callSid', 'leg', 'gatewayId', 'epoch', 'priority',
      'leaseMs', 'known', 'maxQueues', 'maxQueueMembers', 'maxMembers',
    ],
    replies: ['joined', 'full', 'too-many-queues', 'already-waiting', 'moved', 'lost'],
  },
  view: {
    keys: ['queues', 'entries', 'tickets', 'leases', 'members', 'ages'],
    args: ['entryId'],
    replies: ['found', 'unknown'],
  },
  claim: {
    keys: ['names', 'calls', 'sequence', ...MATCHING],
    args: [
      ...MATCHING_SCOPE, 'queueSid', 'name', 'callSid', 'agent', 'gatewayId', 'epoch', 'dial', 'whisper', 'wait', 'ticket',
      'target', 'leaseMs', 'known',
    ],
    replies: ['claimed', 'waiting', 'over', 'empty', 'unknown-queue', 'moved', 'stale-epoch', 'agent-busy', 'lost', 'settling'],
  },
  'abandon-claim': {
    keys: [...MATCHING, 'claiming'],
    args: [...MATCHING_SCOPE, 'queueSid', 'callSid', 'token', 'dial', 'ticket', 'retentionMs'],
    replies: ['cancelled', 'released', 'bridged', 'over', 'none', 'stale', 'moved'],
  },
  'begin-bridge': {
    keys: [...ONCE, 'entries', 'tickets', 'leases'],
    args: [...SCOPE, 'entryId', 'token'],
    replies: ['bridging', 'stale', 'unknown'],
  },
  'mark-bridged': {
    keys: [...ONCE, 'entries', 'tickets', 'leases', 'members', 'waiting', 'claims', 'ages'],
    args: [...SCOPE, 'entryId', 'token'],
    replies: ['bridged', 'stale', 'unknown'],
  },
  end: {
    keys: QUEUE,
    args: [...MATCHING_SCOPE, 'queueSid', 'entryId', 'callSid', 'cause', 'talked', 'gatewayId', 'retentionMs'],
    replies: ['ended', 'already-ended', 'moved'],
  },
  'adopt-entry': {
    keys: ['queues', ...MATCHING],
    args: [...MATCHING_SCOPE, 'queueSid', 'entryId', 'gatewayId', 'epoch', 'leaseMs'],
    replies: ['adopted', 'stale', 'ended', 'unknown', 'moved'],
  },
  'expire-claim': {
    keys: MATCHING,
    args: [...MATCHING_SCOPE, 'queueSid', 'entryId', 'claimCapMs'],
    replies: ['released', 'kept', 'moved'],
  },
  'reap-entry': {
    keys: QUEUE,
    args: [...MATCHING_SCOPE, 'queueSid', 'entryId', 'retentionMs', 'graceMs'],
    replies: ['ended', 'kept', 'moved'],
  },
  'reap-ticket': {
    keys: MATCHING,
    args: [...MATCHING_SCOPE, 'queueSid', 'callSid', 'graceMs'],
    replies: ['released', 'dropped', 'kept', 'moved'],
  },
  'match-queue': { keys: MATCHING, args: MATCHING_SCOPE, replies: ['matched'] },
  'renew-lease': {
    keys: [...ONCE, 'leases', 'claims', 'entries', 'calls', 'tickets', 'retained'],
    args: [...SCOPE, 'gatewayId', 'leaseMs', 'claimCapMs', 'retentionMs'],
    replies: ['alive', 'lapsed', 'unknown', 'together'],
  },
  heartbeat: {
    keys: [...ONCE, 'gateways', 'sipServers'], args: ['gatewayId', 'sipServer', 'leaseMs', 'strandedMs', 'retentionMs', 'rememberMs'],
    replies: ['alive', 'lapsed', 'unknown'],
  },
  'hold-account': { keys: ['leases', 'settling'], args: ['gatewayId', 'leaseMs', 'settleMs'], replies: ['held'] },
  'reassert-entry': {
    keys: ['names', 'queues', 'sequence', ...QUEUE],
    args: [...MATCHING_SCOPE, 'queueSid', 'entryId', 'record', 'queue'],
    replies: ['reasserted', 'kept', 'moved'],
  },
  'reassert-ticket': {
    keys: ['names', 'queues', ...MATCHING],
    args: [...MATCHING_SCOPE, 'queueSid', 'callSid', 'record', 'queue'],
    replies: ['reasserted', 'kept', 'moved'],
  },
  'settle-ticket': { keys: MATCHING, args: [...MATCHING_SCOPE, 'queueSid', 'callSid'], replies: ['kept', 'released', 'gone', 'moved'] },
  'ensure-queue': {
    keys: [...ONCE, 'names', 'queues'],
    args: ['queueSid', 'name', 'maxSize', 'rememberMs'],
    replies: ['created', 'exists'],
  },
  'delete-queue': {
    keys: ['names', 'queues', 'ages', 'members', ...MATCHING],
    args: [...MATCHING_SCOPE, 'queueSid'],
    replies: ['deleted', 'not-empty', 'unknown-queue'],
  },
  'queue-summary': {
    keys: ['queues', 'members', 'waiting', 'ages', 'agents'],
    args: ['queueSid'],
    replies: ['found', 'unknown-queue'],
  },
} as const;

export type QueueScripts = RedisScripts<typeof QUEUE_SCRIPTS>;

/** Where the scripts lie, in src as in dist (the build copies them). */
export const LUA_DIRECTORY = join(__dirname, 'lua');

/** Loads and checks all scripts of the room; `files` replaces single ones (fault tests). */
export function loadQueueScripts(client: Redis, files?: { readonly [script: string]: string }): QueueScripts {
  return new RedisScripts(client, LUA_DIRECTORY, QUEUE_SCRIPTS, files);
}
