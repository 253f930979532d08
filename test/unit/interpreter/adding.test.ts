import type { VerbOutcome } from '../../../src/interpreter/outcome';
import { executeEnqueue } from '../../../src/interpreter/verbs/enqueue';
import type { JoinRequest } from '../../../src/queueing';
import { type Answers, type AppStage, enqueueVerb, QUEUE, stageApp, VIEW } from './fake-app';
import { settle } from './fake-call';

interface Enqueuing extends AppStage {
  readonly joins: JoinRequest[];
  readonly outcome: Promise<VerbOutcome>;
}

/** A queue that is full, so that the verb is over as soon as it has tried to join. */
function enqueue(answers: Answers, attributes = 'addingUrl="/adding"', queues: object = {}, fallback?: string): Enqueuing {
  const joins: JoinRequest[] = [];
  const join = (request: JoinRequest): Promise<unknown> => {
    joins.push(request);
    return Promise.resolve({ outcome: 'full', queueSid: VIEW.queueSid, size: 20, maxSize: 20 });
  };
  const stage = stageApp(answers, { join, findQueue: () => Promise.resolve(QUEUE), ...queues });
  const context = { ...stage.context, fallback: fallback === undefined ? undefined : { url: fallback, method: 'POST' as const } };
  const outcome = executeEnqueue(enqueueVerb(`action="/after" waitUrl="/wait" priority="7" ${attributes}`), context);
  return { ...stage, joins, outcome };
}

const document = (...verbs: readonly string[]): string => `<Response>${verbs.join('')}</Response>`;
const actionOf = async (outcome: Promise<VerbOutcome>): Promise<unknown> => {
  const end = await outcome;
  return end.next === 'document' ? { url: end.target.url, ...end.target.params } : end;
};

describe('before a caller is added', () => {
  it('the adding document is asked with what the queue is like, and he is added when it has run', async () => {
    const { asked, joins, outcome, pass, facts } = enqueue({ '/adding': document('<Pause length="3"/>') });
    await pass(2);
    expect(joins).toEqual([]);
    await pass(2);
    expect(joins).toMatchObject([{ queueName: 'support', priority: 7 }]);
    expect(await actionOf(outcome)).toEqual({ url: 'http://app.test/after', QueueResult: 'queue-full' });
    expect(asked[0]?.params).toMatchObject({
      QueueName: 'support', CurrentQueueSize: '4', MaxQueueSize: '20', AvgQueueTime: '12', Priority: '7', CallStatus: 'in-progress',
    });
    expect(facts.filter(({ type }) => type === 'wait-document.requested')).toEqual([]);
  });

  it('a queue that nobody has joined yet is empty and as large as it will be', async () => {
    const unknown = { findQueue: () => Promise.resolve(undefined) };
    const byDefault = enqueue({ '/adding': document() }, 'addingUrl="/adding"', unknown);
    await byDefault.outcome;
    expect(byDefault.asked[0]?.params).toMatchObject({ CurrentQueueSize: '0', MaxQueueSize: '1000', AvgQueueTime: '0' });
    const given = enqueue({ '/adding': document() }, 'addingUrl="/adding" maxQueueSize="5"', unknown);
    await given.outcome;
    expect(given.asked[0]?.params).toMatchObject({ MaxQueueSize: '5' });
  });

  it('Enqueue in it changes the queue and keeps what it does not say', async () => {
    const { joins, outcome } = enqueue({ '/adding': document('<Enqueue>vip</Enqueue>', '<Pause length="9"/>') });
    expect(await actionOf(outcome)).toMatchObject({ url: 'http://app.test/after', QueueResult: 'queue-full' });
    expect(joins).toMatchObject([{ queueName: 'vip', priority: 7 }]);
  });

  it('Enqueue in it may say everything anew, its URLs relative to its own document, and nothing is asked twice', async () => {
    const inner = '<Enqueue priority="500" maxQueueSize="9" action="then" addingUrl="/dir/adding">vip</Enqueue>';
    const { joins, outcome, asked } = enqueue({ '/dir/adding': document(inner) }, 'addingUrl="/dir/adding"');
    expect(await actionOf(outcome)).toMatchObject({ url: 'http://app.test/dir/then' });
    expect(joins).toMatchObject([{ queueName: 'vip', priority: 500, maxSize: 9 }]);
    expect(asked).toHaveLength(1);
  });

  it('Leave refuses him: result leave without a queue', async () => {
    const { joins, outcome, facts } = enqueue({ '/adding': document('<Leave/>') });
    expect(await actionOf(outcome)).toEqual({ url: 'http://app.test/after', QueueResult: 'leave' });
    expect(joins).toEqual([]);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'queue-entry.refused', reason: 'leave' }));
  });

  it('Hangup ends the call, and the action is told', async () => {
    const { joins, outcome, call } = enqueue({ '/adding': document('<Hangup/>') });
    expect(await outcome).toMatchObject({ next: 'document', target: { saysHowItEnded: true, params: { QueueResult: 'hangup' } } });
    expect(call.ended).toBe(true);
    expect(joins).toEqual([]);
  });

  it('a Redirect is followed with the same parameters, and a circle of them ends in adding as asked', async () => {
    const { asked, joins, outcome, alerts } = enqueue({ '/adding': document('<Redirect>/more</Redirect>'), '/more': document('<Redirect/>') });
    await outcome;
    expect(asked[1]).toMatchObject({ path: '/more', params: { QueueName: 'support', Priority: '7' } });
    // The first one and the 100 Redirects that a call may follow in a minute.
    expect(asked).toHaveLength(101);
    expect(alerts).toContainEqual(expect.objectContaining({ code: 11215 }));
    expect(joins).toHaveLength(1);
  });

  it.each([
    ['is a bad status', 500],
    ['is not XML', '<Response'],
    ['redirects to nowhere', document('<Redirect>mailto:a</Redirect>')],
    ['names no queue', document('<Enqueue/>')],
  ])('a document that %s is an alert, and he is added as asked', async (_what, answer) => {
    const { joins, outcome, alerts } = enqueue({ '/adding': answer });
    await outcome;
    expect(joins).toMatchObject([{ queueName: 'support', priority: 7 }]);
    expect(alerts.length).toBeGreaterThan(1);
  });

  it('the fallback of the program is asked when it fails', async () => {
    const { joins, outcome, asked } = enqueue(
      { '/adding': 500, '/fallback': document('<Enqueue>overflow</Enqueue>') }, 'addingUrl="/adding"', {}, 'http://app.test/fallback',
    );
    await outcome;
    expect(asked.at(-1)).toMatchObject({ path: '/fallback', params: { ErrorCode: '11200', ErrorUrl: 'http://app.test/adding' } });
    expect(joins).toMatchObject([{ queueName: 'overflow' }]);
  });

  it('a caller who hangs up meanwhile is not added', async () => {
    const { joins, outcome, call } = enqueue({ '/adding': document('<Pause length="30"/>') });
    await settle();
    call.end('remote-hangup');
    expect(await outcome).toMatchObject({ next: 'document', target: { saysHowItEnded: true, params: { QueueResult: 'system-error' } } });
    expect(joins).toEqual([]);
  });

  it('he is added as asked when Redis cannot say what the queue is like', async () => {
    const { joins, outcome, reports } = enqueue({}, 'addingUrl="/adding"', { findQueue: () => Promise.reject(new Error('Redis is away')) });
    await outcome;
    expect(joins).toHaveLength(1);
    expect(reports).toHaveLength(1);
  });
});
