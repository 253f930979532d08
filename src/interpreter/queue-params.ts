import type { QueueSummary, QueueView } from '../queueing';
import type { EnqueueVerb } from '../twiml';
import type { WebhookParams } from '../webhooks';

/** Whole seconds, as the Twilio edge has them. */
export const seconds = (ms: number): string => String(Math.floor(ms / 1_000));

/** Parameters of a wait document request (contracts/twilio 6.2). */
export function waitParams(view: QueueView): WebhookParams {
  return {
    QueuePosition: String(view.position),
    QueueSid: view.queueSid,
    QueueTime: seconds(view.queueTimeMs),
    AvgQueueTime: seconds(view.averageQueueTimeMs),
    CurrentQueueSize: String(view.size),
    MaxQueueSize: String(view.maxSize),
  };
}

/** Parameters of a request before a caller is added; `queue` is undefined when joining it will create it. */
export function addingParams(verb: EnqueueVerb, queue: QueueSummary | undefined, defaultSize: number): WebhookParams {
  return {
    QueueName: verb.queueName,
    CurrentQueueSize: String(queue?.size ?? 0),
    MaxQueueSize: String(queue?.maxSize ?? verb.maxQueueSize ?? defaultSize),
    AvgQueueTime: seconds(queue?.averageQueueTimeMs ?? 0),
    Priority: String(verb.priority),
  };
}

/** Parameters of an Enqueue action request (contracts/twilio 6.3); the queue's only when the call was in it. */
export function resultParams(result: string, stay?: { queueSid: string; queueTimeMs: number }): WebhookParams {
  return { QueueResult: result, ...(stay ? { QueueSid: stay.queueSid, QueueTime: seconds(stay.queueTimeMs) } : {}) };
}
