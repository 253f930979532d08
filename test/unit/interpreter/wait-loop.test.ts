import { runWaitLoop } from '../../../src/interpreter/wait-loop';
import type { EntryRef } from '../../../src/queueing';
import type { WebhookOutcome, WebhookRequest } from '../../../src/webhooks';
import { answerOf, enqueueVerb } from './fake-app';
import { settle, stageCall } from './fake-call';

const entry: EntryRef = { accountSid: `AC${'a'.repeat(32)}`, queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry', callSid: 'CA1' };
const verb = enqueueVerb('waitUrl="/wait"');
const view = {
  queueSid: entry.queueSid, queueName: 'support', position: 2, size: 3, maxSize: 1_000, queueTimeMs: 61_000, averageQueueTimeMs: 30_500,
  state: 'waiting',
};

/** What the customer application answers, by path; a number is a bad status. */
function setUp(answers: Readonly<Record<string, string | number>>, views: () => unknown = () => view) {
  const asked: { path: string; at: number; params: WebhookRequest['params'] }[] = [];
  const webhooks = {
    request: ({ url, params }: WebhookRequest): Promise<WebhookOutcome> => {
      const path = new URL(url).pathname;
      asked.push({ path, at: stage.clock.monotonic(), params });
      return Promise.resolve(answerOf(url, answers[path] ?? 404));
    },
  };
  const stage = stageCall({ webhooks, queues: { view: async () => views() } });
  const abort = new AbortController();
  const ended = runWaitLoop(verb, stage.context, entry, abort.signal);
  const pass = async (seconds: number): Promise<void> => {
    for (let tenth = 0; tenth < seconds * 10; tenth += 1) {
      await settle();
      stage.clock.advance(100);
    }
    await settle();
  };
  return { ...stage, asked, ended, pass, interrupt: () => abort.abort({ kind: 'claimed' }) };
}

const times = (asked: readonly { at: number }[]): number[] => asked.map(({ at }) => Math.round(at / 1_000));

describe('the wait state', () => {
  it('asks with where the caller stands', async () => {
    const { asked, interrupt, ended } = setUp({ '/wait': '<Response><Pause length="60"/></Response>' });
    await settle();
    expect(asked[0]?.params).toMatchObject({
      QueuePosition: '2', CurrentQueueSize: '3', MaxQueueSize: '1000', QueueTime: '61', AvgQueueTime: '30', CallStatus: 'in-progress',
    });
    interrupt();
    expect(await ended).toBe('interrupted');
  });

  it('is no request storm when documents are empty: 1, 2, 4 ... seconds apart', async () => {
    const { asked, pass, interrupt } = setUp({ '/wait': '<Response/>' });
    await pass(20);
    expect(times(asked)).toEqual([0, 1, 3, 7, 15]);
    interrupt();
  });

  it('waits longer from failure to failure, and not at all once a document has played', async () => {
    const { asked, pass, interrupt, facts } = setUp({ '/wait': 500 });
    await pass(8);
    expect(times(asked)).toEqual([0, 1, 3, 7]);
    expect(facts.filter(({ type }) => type === 'wait-document.failed')).toHaveLength(4);
    interrupt();
  });

  it('runs what a Redirect names at once, and then the wait URL again', async () => {
    const { asked, pass, interrupt, endpoint } = setUp({
      '/wait': '<Response><Redirect>/other</Redirect></Response>',
      '/other': '<Response><Pause length="5"/></Response>',
    });
    await pass(2);
    expect(asked.map(({ path }) => path)).toEqual(['/wait', '/other']);
    expect(asked[1]?.at).toBe(0);
    endpoint.finishSound();
    await settle();
    expect(asked.map(({ path }) => path).slice(2)).toEqual(['/wait', '/other']);
    interrupt();
  });

  it('bounds documents that lead to one another in a circle', async () => {
    const { asked, pass, interrupt, alerts } = setUp({
      '/wait': '<Response><Redirect>/other</Redirect></Response>',
      '/other': '<Response><Redirect>/other</Redirect></Response>',
    });
    await pass(0.5);
    expect(asked).toHaveLength(11);
    expect(alerts).toContainEqual(expect.objectContaining({ code: 11215 }));
    interrupt();
  });

  it('leaves and hangs up when the document says so', async () => {
    expect(await setUp({ '/wait': '<Response><Leave/></Response>' }).ended).toBe('leave');
    expect(await setUp({ '/wait': '<Response><Hangup/></Response>' }).ended).toBe('hangup');
  });

  it('does not hang up on a caller because of a document that is wrong', async () => {
    const { asked, pass, interrupt } = setUp({ '/wait': '<Response><Redirect>mailto:nobody</Redirect></Response>' });
    await pass(2);
    expect(asked.length).toBeGreaterThan(1);
    interrupt();
  });

  it('goes on when Redis fails for a moment', async () => {
    let failures = 1;
    const { asked, pass, interrupt, reports } = setUp({ '/wait': '<Response><Pause length="60"/></Response>' }, () => {
      if (failures-- > 0) throw new Error('Redis is away');
      return view;
    });
    await pass(2);
    expect(reports).toHaveLength(1);
    expect(asked).toHaveLength(1);
    interrupt();
  });

  it('says so when the queue has lost the caller', async () => {
    expect(await setUp({}, () => undefined).ended).toBe('lost');
  });
});
