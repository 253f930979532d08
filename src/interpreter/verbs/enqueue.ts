import { messageOf } from '../../lib';
import type { QueuePlace } from '../../calls';
import type { MediaEndpoint } from '../../media';
import type { EndOutcome, EntryRef, JoinOutcome } from '../../queueing';
import { isRedisUnavailable } from '../../platform/redis';
import { type AccountLimits, LIMIT_FACTS } from '../../tenancy';
import type { EnqueueVerb } from '../../twiml';
import { actionOutcome } from '../action-callback';
import { runAdding, withAbsoluteUrls } from '../adding';
import { INTERRUPTED, NEXT_VERB, type VerbOutcome } from '../outcome';
import { resultParams } from '../queue-params';
import { QueueStay } from '../queue-stay';
import { resumeStay } from '../resume-stay';
import type { Executor, VerbContext } from '../verb-context';
import { REDIS_PATIENCE_MS, resumedWhenRedisAnswers, whenRedisAnswers } from '../when-redis-answers';

interface Ending {
  readonly result: string;
  readonly stay?: { readonly queueSid: string; readonly queueTimeMs: number };
  readonly actionToken?: string;
}

/**
 * Puts the caller into a queue until somebody takes him, he leaves, or the call ends; then exactly one action request
 * says how it ended (contracts/twilio 6.3). Without `action` the next verb runs. In the document of an `addingUrl` it only
 * says where the caller goes instead.
 */
export const executeEnqueue: Executor<EnqueueVerb> = async (verb, context) => {
  if (context.role === 'adding') return verb.fault ? NEXT_VERB : { next: 'enqueue', verb: withAbsoluteUrls(verb, context) };
  if (verb.fault) return finish(verb, context, { result: 'error' });
  if (context.resumed) {
    // The gateway before us may have joined, and died before it could write that down.
    const place = context.call.queueEntry ?? (await entryInQueue(context));
    if (place) return resume(verb, context, place);
  }
  const adding = await runAdding(verb, context);
  switch (adding.next) {
    case 'join':
      return finish(adding.verb, context, await enqueue(adding.verb, context));
    case 'gone':
      // A caller who vanished before being in the queue (contracts/twilio 6.3).
      return finish(verb, context, { result: 'system-error' });
    default:
      context.call.state('queue-entry.refused', { queueName: verb.queueName, reason: adding.next });
      return finish(verb, context, { result: adding.next });
  }
};

/** Undefined also when Redis does not answer for long: joining will say so. */
async function entryInQueue(context: VerbContext): Promise<QueuePlace | undefined> {
  const { call, ports } = context;
  try {
    return await resumedWhenRedisAnswers(context, () => ports.queues.entryOfCall(call.identity.accountSid, call.sid));
  } catch (error) {
    ports.report(call, `it is not known whether the caller is in a queue: ${messageOf(error)}`);
    return undefined;
  }
}

interface Attempt {
  readonly joined: JoinOutcome;
  readonly endpoint: MediaEndpoint;
  readonly limits: AccountLimits;
  /** The answer to an attempt before may have been lost. */
  readonly isRepeated: boolean;
}

async function join(verb: EnqueueVerb, context: VerbContext, isRepeated: boolean): Promise<Attempt> {
  const { call, ports } = context;
  const { from, to, accountSid } = call.identity;
  // A gateway that takes the call over needs the verb as `addingUrl` has changed it.
  call.noteVerbState({ enqueued: verb });
  const endpoint = await context.media();
  const limits = await ports.limits.of(accountSid);
  // Before the queue knows him: whoever finds his entry must find a call that asks how it ended.
  await ports.recorded(call);
  const joined = await ports.queues.join({
    accountSid,
    queueName: verb.queueName,
    leg: { callSid: call.sid, from, to, endpointUuid: endpoint.uuid, mediaServer: endpoint.serverName },
    gatewayId: ports.gatewayId,
    epoch: 1,
    priority: verb.priority,
    limits,
    isRepeated,
    ...(verb.maxQueueSize === undefined ? {} : { maxSize: verb.maxQueueSize }),
  });
  return { joined, endpoint, limits, isRepeated };
}

async function enqueue(verb: EnqueueVerb, context: VerbContext): Promise<Ending> {
  const { call, ports } = context;
  let attempt: Attempt;
  try {
    const patience = { ms: REDIS_PATIENCE_MS, withMusic: verb.waitUrl !== '' };
    attempt = await whenRedisAnswers(context, (isRepeated) => join(verb, context, isRepeated), patience);
  } catch (error) {
    // Also a caller who vanished before being in the queue (contracts/twilio 6.3).
    if (!call.ended) ports.report(call, `the caller was not enqueued: ${messageOf(error)}`);
    // Who hung up may have joined without an answer. Told before that is known, he would be told of again by who takes the call over.
    const place = call.ended && isRedisUnavailable(error) ? await entryInQueue(context) : undefined;
    return place ? carryOn(verb, context, { accountSid: call.identity.accountSid, ...place, callSid: call.sid }) : { result: 'system-error' };
  }
  const { joined, endpoint, limits, isRepeated } = attempt;
  switch (joined.outcome) {
    case 'invalid-name':
      context.alert({ code: joined.code, message: `queue name "${verb.queueName}" is not 1 to 64 characters long` });
      return { result: 'error' };
    case 'full':
      call.state('queue-entry.refused', { queueName: verb.queueName, reason: 'queue-full' });
      if (joined.of === 'account') call.state('limit.reached', { limit: 'membersPerAccount' });
      else if (joined.maxSize >= limits.membersPerQueue) call.state('limit.reached', { limit: 'membersPerQueue' });
      context.alert({
        code: LIMIT_FACTS.membersPerQueue.code,
        message: `${joined.of === 'account' ? 'the queues of the account are' : `queue "${verb.queueName}" is`} full `
          + `(${joined.size} of ${joined.maxSize})`,
      });
      return { result: 'queue-full' };
    case 'too-many-queues':
      call.state('queue-entry.refused', { queueName: verb.queueName, reason: 'too-many-queues' });
      call.state('limit.reached', { limit: 'queues' });
      context.alert({
        code: LIMIT_FACTS.queues.code,
        message: `queue "${verb.queueName}" would be one more than the ${joined.maxQueues} of the account`,
      });
      return { result: 'error' };
    case 'already-waiting':
      // The gateway before us had joined, and died before it could write that down, or even that it came to this verb.
      if (isRepeated || context.resumed || call.epoch > 1) return carryOn(verb, context, joined.entry);
      return { result: 'system-error' };
    case 'joined': {
      const { entry, position, size } = joined;
      call.state('queue-entry.joined', { queueSid: entry.queueSid, queueName: verb.queueName, position, size });
      return stay(context, entry, () => new QueueStay(verb, context, endpoint, entry, joined.claimed).untilEnded());
    }
  }
}

async function stay(context: VerbContext, entry: EntryRef, untilEnded: () => Promise<EndOutcome>): Promise<Ending> {
  const { call, ports } = context;
  call.queueEntry = { queueSid: entry.queueSid, entryId: entry.entryId };
  const { result, queueTimeMs, actionToken } = await untilEnded();
  // Whoever takes the call over while the action is asked must know of this stay, and not begin another.
  await ports.recorded(call);
  call.state('queue-entry.ended', { queueSid: entry.queueSid, result, queueTimeMs });
  return { result, stay: { queueSid: entry.queueSid, queueTimeMs }, actionToken };
}

/** Carries on with a stay that another gateway began, as the verb was then. */
async function resume(verb: EnqueueVerb, context: VerbContext, place: QueuePlace): Promise<VerbOutcome> {
  const enqueued = (context.call.verbState['enqueued'] as EnqueueVerb | undefined) ?? verb;
  const { accountSid } = context.call.identity;
  return finish(enqueued, context, await carryOn(enqueued, context, { accountSid, ...place, callSid: context.call.sid }));
}

function carryOn(verb: EnqueueVerb, context: VerbContext, entry: EntryRef): Promise<Ending> {
  return stay(context, entry, () => resumeStay(verb, context, entry));
}

/** While the call lives its action's document is the program; otherwise the call ends first and the action is only told. */
function finish(verb: EnqueueVerb, context: VerbContext, ending: Ending): VerbOutcome {
  const { action, method } = verb;
  const { call } = context;
  if (ending.result === 'hangup') call.end('local-hangup');
  if (action === undefined) return call.ended ? INTERRUPTED : NEXT_VERB;
  const params = resultParams(ending.result, ending.stay);
  const token = ending.actionToken === undefined ? {} : { idempotencyToken: ending.actionToken };
  return actionOutcome(context, { action, method, params, verb: 'Enqueue', saysHowItEnded: true, ...token });
}
