import type { QueueView } from '../queueing';
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

/** Parameters of an Enqueue action request (contracts/twilio 6.3); the queue's only when the call was in it. */
export function resultParams(result: string, stay?: { queueSid: string; queueTimeMs: number }): WebhookParams {
  return { QueueResult: result, ...(stay ? { QueueSid: stay.queueSid, QueueTime: seconds(stay.queueTimeMs) } : {}) };
}
