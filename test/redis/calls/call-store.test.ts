import { Call, type CallPorts, CallStore, KeptDocuments, type Leg, type OtherSide, type OwnedRecord } from '../../../src/calls';
import { recordOf } from '../../../src/calls/record-of';
import { EventBus } from '../../../src/events';
import { type Clock, systemClock, TypedEmitter } from '../../../src/lib';
import type { MediaEndpoint } from '../../../src/media';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';

const ACCOUNT = `AC${'c'.repeat(32)}`;

class Channel extends TypedEmitter<{ gone: [string] }> {
  readonly uuid = 'channel-uuid';
  readonly dialogId = 'media-call-id;from-tag=m';
  readonly serverName = '127.0.0.1:8021';
  readonly localSdp = 'v=0';
  readonly remoteSdp = 'v=0 far';
}

describe('the record of a call', () => {
  let server: TestRedis;
  let store: CallStore;
  const reports: string[] = [];
  beforeAll(async () => {
    server = await startRedis();
    store = storeOf('gateway-1');
  });
  afterAll(() => server.stop());

  const fenced: string[] = [];
  const storeOf = (gatewayId: string, clock: Clock = systemClock): CallStore => new CallStore({
    redis: server.client(), clock, gatewayId, report: (message) => reports.push(message), onFenced: ({ sid }) => fenced.push(sid),
  });
  const portsOf = (by: CallStore): CallPorts => ({
    clock: systemClock,
    events: new EventBus((message) => reports.push(message)),
    save: (changed) => by.save(changed),
    report: (_call, message) => reports.push(message),
  });

  const legWith = (insideWith?: OtherSide): Leg => ({
    sipCallId: 'call-id', dialogId: 'call-id;from-tag=c', insideWith, ring: () => undefined,
    answer: () => Promise.reject(new Error('not in this test')), end: () => Promise.resolve(),
  });
  const identity = { accountSid: ACCOUNT, applicationSid: `AP${'c'.repeat(32)}`, from: '+1', to: '1000', direction: 'inbound' as const };
  /** Of a gateway that stands still before it writes anything. */
  const unwrittenCall = (): Call => new Call(identity, { ...portsOf(store), save: () => undefined });
  const placeCall = (by = store): Call => {
    const call = new Call(identity, portsOf(by));
    call.attach(legWith());
    return call;
  };

  it('holds what another gateway needs to carry on', async () => {
    const call = placeCall();
    call.connected(new Channel() as unknown as MediaEndpoint);
    call.progress = { step: 'verb', documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 2, verb: 'Enqueue' };
    call.queueEntry = { queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry' };
    call.noteVerbState({ waitDocumentUrl: 'http://app.test/wait' });
    await store.flush();
    expect(await store.find(ACCOUNT, call.sid)).toEqual({
      callSid: call.sid, identity: call.identity, status: 'in-progress', sipCallId: 'call-id', dialogId: 'call-id;from-tag=c',
      media: { uuid: 'channel-uuid', serverName: '127.0.0.1:8021', dialogId: 'media-call-id;from-tag=m', localSdp: 'v=0', remoteSdp: 'v=0 far' },
      createdAt: call.createdAt, answeredAt: call.answeredAt, factCount: 1,
      queueEntry: { queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry' },
      progress: {
        step: 'verb', documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 2, verb: 'Enqueue',
        state: { waitDocumentUrl: 'http://app.test/wait' },
      },
    });
  });

  it('says in the end how and when it ended, also when changes follow each other closely', async () => {
    const call = placeCall();
    for (let verbIndex = 0; verbIndex < 50; verbIndex += 1) {
      call.progress = { step: 'verb', documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex, verb: 'Pause' };
    }
    call.end('caller-cancelled');
    call.noteVerbState({ late: true });
    await store.flush();
    const record = await store.find(ACCOUNT, call.sid);
    expect(record).toMatchObject({ status: 'canceled', endReason: 'caller-cancelled', endedAt: call.endedAt, progress: { verbIndex: 49 } });
    expect(record?.progress).not.toHaveProperty('state');
  });

  it('keeps an ended call for look-ups when nothing is left to be done for it, and no longer among the live ones', async () => {
    const call = placeCall();
    call.end('remote-hangup');
    await store.flush();
    expect((await store.owned(ACCOUNT)).map(({ record }) => record.callSid)).toContain(call.sid);
    await store.close(call);
    expect((await store.owned(ACCOUNT)).map(({ record }) => record.callSid)).not.toContain(call.sid);
    expect(await store.find(ACCOUNT, call.sid)).toMatchObject({ callSid: call.sid, endReason: 'remote-hangup' });
  });

  it('is not fenced by its own end when Redis is found to have lost something in that moment', async () => {
    const redis = server.client();
    const ofThisStore = new CallStore({
      redis, clock: systemClock, gatewayId: 'gateway-1', report: (message) => reports.push(message), onFenced: ({ sid }) => fenced.push(sid),
    });
    // That many turns of the microtask queue after the reply that tells so, which comes with that of the last write.
    for (let turns = 0; turns < 60; turns += 1) {
      const call = placeCall(ofThisStore);
      await ofThisStore.flush();
      ofThisStore.save(call);
      const closed = ofThisStore.close(call);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      await redis.ping();
      for (let turn = 0; turn < turns % 30; turn += 1) await Promise.resolve();
      ofThisStore.rewrite([call]);
      await closed;
      await ofThisStore.flush();
      expect(fenced).toEqual([]);
      expect(await redis.hexists(`hf:{${ACCOUNT}}:calls:v1:records`, call.sid)).toBe(0);
    }
  });

  it('is closed again when a replica takes over that has the live one still', async () => {
    const call = placeCall();
    store.save(call);
    await store.flush();
    const records = `hf:{${ACCOUNT}}:calls:v1:records`;
    const redis = server.client();
    const before = (await redis.hget(records, call.sid)) ?? 'there was none';
    call.end('remote-hangup');
    await store.close(call);
    await redis.hset(records, call.sid, before);
    store.rewrite([]);
    await eventually(async () => expect(await redis.hexists(records, call.sid)).toBe(0));
    expect(await store.find(ACCOUNT, call.sid)).toMatchObject({ endReason: 'remote-hangup' });
  });

  it('holds the legs that a call has placed while they live; ended ones can be looked up alone', async () => {
    const call = placeCall();
    const leg = placeCall();
    call.addLeg(leg);
    store.save(leg);
    await store.flush();
    expect((await store.find(ACCOUNT, call.sid))?.legs).toMatchObject([{ callSid: leg.sid, status: 'ringing' }]);
    expect((await store.owned(ACCOUNT)).map(({ record }) => record.callSid)).not.toContain(leg.sid);
    leg.end('busy');
    await store.flush();
    expect(await store.find(ACCOUNT, call.sid)).not.toHaveProperty('legs');
    await eventually(async () => expect(await store.find(ACCOUNT, leg.sid)).toMatchObject({ callSid: leg.sid, endReason: 'busy' }));
  });

  it('reports a write that fails, and writes the next one', async () => {
    const client = server.client();
    const call = placeCall();
    await client.set('filler', 'x');
    await client.call('CONFIG', 'SET', 'maxmemory', '1');
    store.save(call);
    await store.flush();
    expect(reports).toEqual([expect.stringContaining(`the record of ${call.sid} was not written`)]);
    await client.call('CONFIG', 'SET', 'maxmemory', '0');
    store.save(call);
    await store.flush();
    expect((await store.find(ACCOUNT, call.sid))?.callSid).toBe(call.sid);
  });

  it('is written when a full Redis takes writes again, also when nothing changes any more', async () => {
    const client = server.client();
    const clock = new ManualClock();
    const patient = storeOf('patient', clock);
    const [living, over] = [placeCall(patient), placeCall(patient)];
    for (const call of [living, over]) patient.save(call);
    await patient.flush();
    await client.call('CONFIG', 'SET', 'maxmemory', '1');
    living.progress = { step: 'verb', documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 1, verb: 'Enqueue' };
    living.queueEntry = { queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry' };
    over.end('remote-hangup');
    await patient.close(over);
    await patient.flush();
    clock.advance(1_000);
    await patient.flush();
    expect(await store.find(ACCOUNT, living.sid)).not.toHaveProperty('queueEntry');
    await client.call('CONFIG', 'SET', 'maxmemory', '0');
    clock.advance(1_000);
    await eventually(async () => {
      expect(await store.find(ACCOUNT, living.sid)).toMatchObject({ queueEntry: { entryId: 'entry' } });
      expect(await store.find(ACCOUNT, over.sid)).toMatchObject({ endReason: 'remote-hangup' });
    });
    expect((await patient.owned(ACCOUNT)).map(({ record }) => record.callSid)).toEqual([living.sid]);
  });

  describe('when its gateway is dead', () => {
    const deadCalls = async (gatewayId: string, count: number): Promise<{ calls: Call[]; dead: CallStore }> => {
      const dead = storeOf(gatewayId);
      const calls = Array.from({ length: count }, () => placeCall(dead));
      for (const call of calls) dead.save(call);
      await dead.flush();
      return { calls, dead };
    };
    const takeAll = async (by: CallStore, from: string): Promise<OwnedRecord[]> => {
      const taken: OwnedRecord[] = [];
      for (let batch = await by.take(ACCOUNT, from, 7); batch.length > 0; batch = await by.take(ACCOUNT, from, 7)) taken.push(...batch);
      return taken;
    };

    it('goes where those go that it is joined to inside the gateway, whichever is taken first and however few are asked for', async () => {
      const dead = storeOf('dead-pairs');
      const [calling, called, stranger] = [placeCall(dead), placeCall(dead), placeCall(dead)];
      calling.attach(legWith({ callSid: called.sid, legSid: called.sid }));
      called.attach(legWith({ callSid: calling.sid, legSid: calling.sid }));
      // Whose documents have such a name takes nobody along.
      const documentUrl = `http://app.test/"insideWith":{"callSid":"${called.sid}"`;
      stranger.progress = { step: 'verb', documentUrl, documentMethod: 'POST', verbIndex: 0, verb: 'Pause' };
      const all = [called, calling, stranger];
      for (const call of all) dead.save(call);
      await dead.flush();
      const batches: string[][] = [];
      for (const taker of ['pairs-1', 'pairs-2', 'pairs-3'].map((id) => storeOf(id))) {
        batches.push((await taker.take(ACCOUNT, 'dead-pairs', 1)).map(({ record }) => record.callSid));
      }
      const ofPair = batches.filter((batch) => batch.includes(called.sid) || batch.includes(calling.sid));
      expect(ofPair).toHaveLength(1);
      expect(batches.find((batch) => batch.includes(stranger.sid))).toEqual([stranger.sid]);
      expect(batches.flat().sort()).toEqual(all.map(({ sid }) => sid).sort());
    });

    it('goes to one of the others, with a higher epoch, however many take at once', async () => {
      const { calls } = await deadCalls('dead-1', 50);
      expect(await storeOf('b').accountsOf('dead-1')).toEqual([ACCOUNT]);
      const takers = ['b', 'c', 'd'].map((id) => storeOf(id));
      const taken = await Promise.all(takers.map((taker) => takeAll(taker, 'dead-1')));
      const sids = taken.flat().map(({ record }) => record.callSid);
      expect(sids.sort()).toEqual(calls.map(({ sid }) => sid).sort());
      expect(new Set(taken.flat().map(({ epoch }) => epoch))).toEqual(new Set([2]));
      expect((await takers[0]?.owned(ACCOUNT))?.length).toBe(taken[0]?.length);
    });

    it('is found also when it took it after it was taken for dead, being frozen', async () => {
      const { dead } = await deadCalls('dead-4', 1);
      await takeAll(storeOf('b'), 'dead-4');
      await deadCalls('dead-5', 1);
      const [late] = await takeAll(dead, 'dead-5');
      expect(await storeOf('b').accountsOf('dead-4')).toEqual([ACCOUNT]);
      expect((await takeAll(storeOf('b'), 'dead-4')).map(({ record }) => record.callSid)).toEqual([late?.record.callSid]);
    });

    it('fences the old one: what it writes afterwards is refused, and it is told so', async () => {
      const { calls, dead } = await deadCalls('dead-2', 1);
      const [taken] = await takeAll(storeOf('b'), 'dead-2');
      const [call] = calls as [Call];
      call.progress = { step: 'verb', documentUrl: 'http://app.test/stale', documentMethod: 'POST', verbIndex: 9, verb: 'Pause' };
      await dead.flush();
      await dead.close(call);
      expect(fenced).toEqual([call.sid, call.sid]);
      expect(taken && (await storeOf('b').isOurs(taken))).toBe(true);
      expect(await store.find(ACCOUNT, call.sid)).not.toHaveProperty('progress');
    });

    it('does not come back when the new one has ended it: what the old one writes afterwards is refused as well', async () => {
      const { calls: [call], dead } = await deadCalls('dead-6', 1) as { calls: [Call]; dead: CallStore };
      const heir = storeOf('b');
      const [taken] = await takeAll(heir, 'dead-6') as [OwnedRecord];
      await heir.close(Call.restore(taken, portsOf(heir)));
      fenced.length = 0;
      call.end('remote-hangup');
      await dead.flush();
      await dead.close(call);
      expect(fenced).toEqual([call.sid, call.sid]);
      expect(await dead.owned(ACCOUNT)).toEqual([]);
      expect((await store.find(ACCOUNT, call.sid))?.endedAt).toBeUndefined();
    });

    it('begins anew when the dead one had ended it, and its INVITE is given to another one', async () => {
      const { calls: [call], dead } = await deadCalls('dead-7', 1) as { calls: [Call]; dead: CallStore };
      await dead.close(call);
      const heir = storeOf('e');
      const epoch = await heir.takeOne(ACCOUNT, call.sid);
      fenced.length = 0;
      heir.save(new Call(call.identity, portsOf(heir), { sid: call.sid, epoch }));
      await heir.flush();
      expect(fenced).toEqual([]);
      expect((await heir.owned(ACCOUNT)).map(({ record }) => record.callSid)).toEqual([call.sid]);
    });

    it('was not written yet when its INVITE was given to another one: what the first one writes when it goes on is refused', async () => {
      const [dead, heir] = [storeOf('dead-8'), storeOf('e')];
      for (const write of [(call: Call) => dead.save(call), (call: Call) => void dead.close(call)]) {
        const call = unwrittenCall();
        const epoch = await heir.takeOne(ACCOUNT, call.sid);
        fenced.length = 0;
        const again = new Call(call.identity, portsOf(heir), { sid: call.sid, epoch });
        // Whoever goes on first.
        write(call);
        await eventually(() => expect(fenced).toEqual([call.sid]));
        expect(await heir.find(ACCOUNT, call.sid)).toBeUndefined();
        heir.save(again);
        await heir.flush();
        write(call);
        await eventually(() => expect(fenced).toEqual([call.sid, call.sid]));
        expect((await heir.owned(ACCOUNT)).map(({ record }) => record.callSid)).toContain(call.sid);
        await heir.close(again);
        expect(await heir.find(ACCOUNT, call.sid)).toMatchObject({ callSid: call.sid });
        expect(fenced).toEqual([call.sid, call.sid]);
      }
    });

    it('was taken twice before anything was written: only the last one has it', async () => {
      const [second, third] = [storeOf('b'), storeOf('c')];
      const { sid } = unwrittenCall();
      const epochs = [await second.takeOne(ACCOUNT, sid), await third.takeOne(ACCOUNT, sid)];
      expect(epochs).toEqual([2, 3]);
      fenced.length = 0;
      second.save(new Call(identity, portsOf(second), { sid, epoch: 2 }));
      await second.flush();
      expect(fenced).toEqual([sid]);
      third.save(new Call(identity, portsOf(third), { sid, epoch: 3 }));
      await third.flush();
      expect(fenced).toEqual([sid]);
    });

    it('is not taken from who has it now', async () => {
      const { calls } = await deadCalls('dead-3', 1);
      const [call] = calls as [Call];
      expect(await storeOf('b').takeOne(ACCOUNT, call.sid)).toBe(2);
      expect(await takeAll(storeOf('c'), 'dead-3')).toEqual([]);
      expect((await storeOf('b').owned(ACCOUNT)).map(({ record }) => record.callSid)).toContain(call.sid);
    });

    it('comes back as it was: status, place in the queue, program, legs', async () => {
      const { calls, dead } = await deadCalls('dead-4', 1);
      const [call] = calls as [Call];
      call.connected(new Channel() as unknown as MediaEndpoint);
      call.progress = { step: 'verb', documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 1, verb: 'Enqueue' };
      call.queueEntry = { queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry' };
      call.noteVerbState({ noted: true });
      await dead.flush();
      const [owned] = await takeAll(storeOf('b'), 'dead-4');
      const restored = Call.restore(owned as OwnedRecord, portsOf(store));
      expect(recordOf(restored)).toEqual({ ...recordOf(call), dialogId: undefined, sipCallId: undefined, media: undefined, factCount: expect.any(Number) as unknown });
      expect(restored.factCount).toBeGreaterThan(call.factCount);
      expect([restored.epoch, restored.verbState]).toEqual([2, { noted: true }]);
    });
  });
});

it('the text of a document is kept once for all calls that run it, and read by any gateway', async () => {
  const server = await startRedis();
  try {
    const clock = new ManualClock();
    const client = server.client();
    const documents = new KeptDocuments({ redis: client, clock, report: (message) => { throw new Error(message); } });
    const text = { body: Buffer.from('<Response>\n<Say>ü</Say></Response>'), contentType: 'text/xml; charset=utf-8' };
    const name = documents.keep(ACCOUNT, text);
    const other = new KeptDocuments({ redis: server.client(), clock, report: () => undefined });
    await eventually(async () => expect(await other.read(ACCOUNT, name)).toEqual(text));
    await client.del(`hf:{${ACCOUNT}}:document:${name}`);
    expect(documents.keep(ACCOUNT, text)).toBe(name);
    expect(await other.read(ACCOUNT, name)).toBeUndefined();
    // Redis was emptied: who runs it is there to say so.
    const running = { identity: { accountSid: ACCOUNT }, progress: { step: 'verb', document: name } } as Call;
    documents.rewrite([running, running]);
    await eventually(async () => expect(await other.read(ACCOUNT, name)).toEqual(text));
    await client.del(`hf:{${ACCOUNT}}:document:${name}`);
    // Nobody ran it then: it is lost, and written with the next call that does.
    documents.rewrite([]);
    documents.keep(ACCOUNT, text);
    await eventually(async () => expect(await other.read(ACCOUNT, name)).toEqual(text));
    await client.del(`hf:{${ACCOUNT}}:document:${name}`);
    clock.advance(13 * 3_600_000);
    expect(documents.keep(ACCOUNT, text)).toBe(name);
    await eventually(async () => expect(await other.read(ACCOUNT, name)).toEqual(text));
    // Behind its own writes: one whose answer has not come when its connection ends is reported as not kept.
    await client.ping();
  } finally {
    await server.stop();
  }
});
