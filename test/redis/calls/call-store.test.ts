import { Call, CallStore } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import { systemClock, TypedEmitter } from '../../../src/lib';
import type { MediaEndpoint } from '../../../src/media';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';

const ACCOUNT = `AC${'c'.repeat(32)}`;

class Channel extends TypedEmitter<{ gone: [string] }> {
  readonly uuid = 'channel-uuid';
  readonly dialogId = 'media-call-id;from-tag=m';
  readonly serverName = '127.0.0.1:8021';
}

describe('the record of a call', () => {
  let server: TestRedis;
  let store: CallStore;
  const reports: string[] = [];
  beforeAll(async () => {
    server = await startRedis();
    store = new CallStore(server.client(), 'gateway-1', (message) => reports.push(message));
  });
  afterAll(() => server.stop());

  const placeCall = (): Call => {
    const call = new Call(
      { accountSid: ACCOUNT, applicationSid: `AP${'c'.repeat(32)}`, from: '+1', to: '1000', direction: 'inbound' },
      {
        clock: systemClock,
        events: new EventBus((message) => reports.push(message)),
        save: (changed) => store.save(changed),
        report: (_call, message) => reports.push(message),
      },
    );
    call.attach({
      sipCallId: 'call-id', dialogId: 'call-id;from-tag=c', ring: () => undefined,
      answer: () => Promise.reject(new Error('not in this test')), end: () => Promise.resolve(),
    });
    return call;
  };

  it('holds what another gateway needs to carry on', async () => {
    const call = placeCall();
    call.connected(new Channel() as unknown as MediaEndpoint);
    call.progress = { documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 2, verb: 'Enqueue' };
    call.queueEntry = { queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry' };
    call.noteVerbState({ waitDocumentUrl: 'http://app.test/wait' });
    await store.flush();
    expect(await store.find(ACCOUNT, call.sid)).toEqual({
      callSid: call.sid, accountSid: ACCOUNT, applicationSid: `AP${'c'.repeat(32)}`, gatewayId: 'gateway-1', direction: 'inbound', from: '+1',
      to: '1000', status: 'in-progress', sipCallId: 'call-id', dialogId: 'call-id;from-tag=c', endpointUuid: 'channel-uuid',
      endpointDialogId: 'media-call-id;from-tag=m', mediaServer: '127.0.0.1:8021', createdAt: call.createdAt, answeredAt: call.answeredAt,
      queueEntry: { queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry' },
      progress: {
        documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 2, verb: 'Enqueue',
        state: { waitDocumentUrl: 'http://app.test/wait' },
      },
    });
  });

  it('says in the end how and when it ended, also when changes follow each other closely', async () => {
    const call = placeCall();
    for (let verbIndex = 0; verbIndex < 50; verbIndex += 1) {
      call.progress = { documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex, verb: 'Pause' };
    }
    call.end('caller-cancelled');
    call.noteVerbState({ late: true });
    await store.flush();
    const record = await store.find(ACCOUNT, call.sid);
    expect(record).toMatchObject({ status: 'canceled', endReason: 'caller-cancelled', endedAt: call.endedAt, progress: { verbIndex: 49 } });
    expect(record?.progress).not.toHaveProperty('state');
  });

  it('reports a write that fails, and writes the next one', async () => {
    const client = server.client();
    const failing = new CallStore(client, 'gateway-1', (message) => reports.push(message));
    const call = placeCall();
    await client.set(`hf:{${ACCOUNT}}:call:${call.sid}`, 'x');
    await client.call('CONFIG', 'SET', 'maxmemory', '1');
    failing.save(call);
    await failing.flush();
    expect(reports).toEqual([expect.stringContaining(`the record of ${call.sid} was not written`)]);
    await client.call('CONFIG', 'SET', 'maxmemory', '0');
    failing.save(call);
    await failing.flush();
    expect((await failing.find(ACCOUNT, call.sid))?.callSid).toBe(call.sid);
  });

  it('is there as long as the call lives, however long that is', async () => {
    const client = server.client();
    const clock = new ManualClock();
    const call = placeCall();
    store.save(call);
    await store.flush();
    const key = `hf:{${ACCOUNT}}:call:${call.sid}`;
    const day = 86_400;
    store.start([call], clock);
    for (let quarter = 0; quarter < 8; quarter += 1) {
      // What Redis does to the key while a quarter of a day goes by.
      await client.expire(key, (await client.ttl(key)) - day / 4);
      clock.advance((day / 4) * 1_000);
      await store.flush();
    }
    expect(await client.ttl(key)).toBeGreaterThan(day - 60);
    store.stop();
    expect(clock.pending).toBe(0);
  });
});
