import { Call, type Leg } from '../../../src/calls';
import { EventBus, type Fact } from '../../../src/events';
import { deferred, TypedEmitter } from '../../../src/lib';
import type { MediaEndpoint } from '../../../src/media';
import { ManualClock } from '../../support/manual-clock';

const endpoint = (): MediaEndpoint => {
  const emitter = new (class extends TypedEmitter<{ gone: [string] }> {
    readonly uuid = 'uuid';
    readonly serverName = 'media-1';
  })();
  return emitter as unknown as MediaEndpoint;
};

function setUp(leg: Partial<Leg> = {}) {
  const facts: Fact[] = [];
  const reports: string[] = [];
  const saved: { status: string; endedAt: number | undefined }[] = [];
  const events = new EventBus((message) => reports.push(message));
  events.subscribe((fact) => facts.push(fact));
  const call = new Call(
    { accountSid: `AC${'a'.repeat(32)}`, from: '+1', to: '1000', direction: 'inbound' },
    {
      clock: new ManualClock(), events,
      save: ({ status, endedAt }) => void saved.push({ status, endedAt }),
      report: (_call, message) => void reports.push(message),
    },
  );
  call.attach({
    sipCallId: undefined, dialogId: undefined, ring: () => undefined, answer: async () => endpoint(), end: async () => undefined, ...leg,
  });
  return { call, facts, reports, saved };
}

describe('a call', () => {
  it('that ends while it is answered is not answered afterwards', async () => {
    const answer = deferred<MediaEndpoint>();
    const { call, facts } = setUp({ answer: () => answer.promise });
    const answering = call.answer();
    call.end('caller-cancelled');
    answer.resolve(endpoint());
    await expect(answering).rejects.toMatchObject({ code: 'calls-caller-gone' });
    expect(facts.map(({ type }) => type)).toEqual(['call.completed']);
    expect([call.status, call.answeredAt]).toEqual(['canceled', undefined]);
  });

  it('an outbound leg that is answered after its end stays ended', () => {
    const { call, facts } = setUp();
    call.end('no-answer');
    call.connected(endpoint());
    expect(facts.map(({ type }) => type)).toEqual(['call.completed']);
    expect(call.endpoint).toBeUndefined();
  });

  it('has the time of its end on record', () => {
    const { call, saved } = setUp();
    call.end('busy');
    expect(saved.at(-1)).toEqual({ status: 'busy', endedAt: call.endedAt });
    expect(call.endedAt).toBeDefined();
  });

  it('tells everybody of its end, once, although a listener throws and the leg fails', async () => {
    const { call, reports } = setUp({ end: () => Promise.reject(new Error('the leg is stuck')) });
    const told: string[] = [];
    call.onEnd(() => {
      throw new Error('broken listener');
    });
    call.onEnd((status) => told.push(status));
    call.end('remote-hangup');
    call.end('internal-error');
    await call.released;
    expect(told).toEqual(['canceled']);
    expect(reports).toEqual([expect.stringContaining('broken listener'), expect.stringContaining('the leg is stuck')]);
  });
});
