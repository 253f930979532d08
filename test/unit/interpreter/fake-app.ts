import type { EntryRef, QueueSummary } from '../../../src/queueing';
import { type EnqueueVerb, parseDocument } from '../../../src/twiml';
import type { WebhookOutcome, WebhookRequest } from '../../../src/webhooks';
import type { AudioSource } from '../../../src/interpreter';
import { settle, type Stage, stageCall } from './fake-call';

export const ENTRY: EntryRef = { accountSid: `AC${'a'.repeat(32)}`, queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry', callSid: 'CA1' };
export const VIEW = {
  queueSid: ENTRY.queueSid, queueName: 'support', position: 2, size: 3, maxSize: 1_000, queueTimeMs: 61_000, averageQueueTimeMs: 30_500,
  state: 'waiting',
};
export const QUEUE: QueueSummary = {
  queueSid: ENTRY.queueSid, queueName: 'support', maxSize: 20, size: 4, waiting: 3, agentsWaiting: 0, averageQueueTimeMs: 12_900, createdAt: 0,
};

export function enqueueVerb(attributes = '', queue = 'support'): EnqueueVerb {
  const parsed = parseDocument(`<Response><Enqueue ${attributes}>${queue}</Enqueue></Response>`);
  const verb = parsed.ok ? parsed.document.verbs[0] : undefined;
  if (verb?.name !== 'Enqueue') throw new Error(`no Enqueue with ${attributes}`);
  return verb;
}

export function answerOf(url: string, answer: string | number): WebhookOutcome {
  const facts = { url, durationMs: 1, evidence: () => ({ requestUrl: url, requestMethod: 'POST', requestParams: '' }) };
  const outcome = typeof answer === 'number'
    ? { outcome: 'failed', code: 11200, message: `answered ${answer}`, ...facts }
    : { outcome: 'response', status: 200, contentType: 'text/xml', body: Buffer.from(answer), ...facts };
  return outcome as WebhookOutcome;
}

export interface Asked {
  readonly path: string;
  readonly at: number;
  readonly params: NonNullable<WebhookRequest['params']>;
}

/** What the customer application answers by path: a document, or a bad status; a function is asked each time. */
export type Answers = Record<string, string | number | (() => string | number | Promise<string | number>)>;

export interface AppStage extends Stage {
  readonly asked: Asked[];
  /** Requests that have no answer yet. */
  readonly inFlight: () => number;
  /** Lets so many seconds of the test's clock go by. */
  readonly pass: (seconds: number) => Promise<void>;
}

/** A call, a customer application and media whose silences, and audio by its name, last as long as they say. */
export function stageApp(answers: Answers, queues: object, audio?: AudioSource): AppStage {
  const asked: Asked[] = [];
  let inFlight = 0;
  const request = async ({ url, params = {} }: WebhookRequest): Promise<WebhookOutcome> => {
    const path = new URL(url).pathname;
    asked.push({ path, at: stage.clock.monotonic(), params });
    const route = answers[path] ?? 404;
    inFlight += 1;
    const answer = typeof route === 'function' ? await route() : route;
    inFlight -= 1;
    return answerOf(url, answer);
  };
  const stage = stageCall({ webhooks: { request }, queues: { view: () => Promise.resolve(VIEW), ...queues }, defaultQueueSize: 1_000, ...(audio === undefined ? {} : { audio }) });
  const play = stage.endpoint.play.bind(stage.endpoint);
  stage.endpoint.play = (source, signal) => {
    const silenceMs = Number(/^silence_stream:\/\/(\d+)$|^\/kept\/(\d+)\.wav$/.exec(source)?.slice(1).find(Boolean) ?? Number.NaN);
    const sound = play(source, signal);
    if (Number.isNaN(silenceMs)) return sound;
    const over = new Promise<'finished'>((resolve) => stage.clock.after(silenceMs, () => resolve('finished')));
    return Promise.race([sound, over]);
  };
  const pass = async (seconds: number): Promise<void> => {
    for (let tenth = 0; tenth < seconds * 10; tenth += 1) {
      await settle();
      stage.clock.advance(100);
    }
    await settle();
  };
  return { ...stage, asked, inFlight: () => inFlight, pass };
}
