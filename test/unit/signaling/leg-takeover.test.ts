import { Call, type CallRecord, LiveCalls } from '../../../src/calls';
import { recordOf } from '../../../src/calls/record-of';
import { DrachtioConnection } from '../../../src/dialogs';
import { EventBus } from '../../../src/events';
import { systemClock, TypedEmitter } from '../../../src/lib';
import { TEMPLATE_SDP } from '../../../src/media';
import { LegDialer, OutboundDestinations } from '../../../src/signaling';
import type { IncomingCall } from '../../../src/sip-stack';
import { createGuardPolicy } from '../../../src/webhooks';
import { eventually } from '../../support/eventually';
import { heardByCallee, RelayStage, SDP, SECRET } from '../../support/relay-stage';

const stage = new RelayStage();
afterEach(() => stage.clear());

const ANSWER = SDP.replace('o=x', 'o=callee');
const account = { sid: `AC${'a'.repeat(32)}`, authToken: 't' };

class FakeEndpoint extends TypedEmitter<{ gone: [string] }> {
  readonly uuid = 'leg';
  readonly serverName = 'media-1';
  readonly dialogId = 'media-dialog';
  readonly localSdp = SDP;
  readonly callerSdp = SDP;
  readonly isLost = false;
  remoteSdp = TEMPLATE_SDP;
  gone = false;
  settled = async (): Promise<void> => undefined;
  release = async (): Promise<void> => void (this.gone = true);

  remodel = async (sdp: string): Promise<string> => {
    this.remoteSdp = sdp;
    return SDP;
  };
}

/** A gateway as far as it rings phones; `forbids`: its guard lets nothing pass. */
async function gateway(at: { readonly host: string; readonly port: number }, gatewayId: string, forbids = false) {
  const drachtio = new DrachtioConnection({ ...at, secret: SECRET, gatewayId });
  const dead: string[] = [];
  drachtio.on('gateway-down', (id) => void dead.push(id));
  await drachtio.start();
  stage.after(() => drachtio.stop());
  await eventually(() => expect(drachtio.relayed).toBe(true));
  const facts: string[] = [];
  const events = new EventBus(() => undefined);
  events.subscribe(({ type }) => facts.push(type));
  const callPorts = { clock: systemClock, events, save: () => undefined, report: () => undefined };
  const endpoint = new FakeEndpoint();
  const parts = {
    drachtio, callPorts, calls: new LiveCalls(), destinations: new OutboundDestinations(), alert: () => undefined, refused: () => undefined,
    policyFor: async () => createGuardPolicy(forbids ? {} : { allowPrivate: ['127.0.0.0/8'] }),
    admission: { admitLeg: async () => 'admitted' }, pool: { createEndpoint: async () => endpoint, adoptEndpoint: async () => endpoint },
  };
  return { drachtio, dead, facts, callPorts, endpoint, dialer: new LegDialer(parts as unknown as ConstructorParameters<typeof LegDialer>[0]) };
}

/**
 * A phone that a gateway rings; `die` ends that one, and takes the leg over at another one, after `meanwhile`. `unrecorded` happens
 * before, and is in no record.
 */
async function ring({ holdMs = 5_000, forbids = false } = {}) {
  const server = await stage.server();
  const { address } = await stage.relay(server.admin, { holdMs });
  const one = await gateway(address, 'one');
  const two = await gateway(address, 'two', forbids);
  const { agent, uri } = await stage.phone('bob');
  const came = new Promise<IncomingCall>((resolve) => agent.onInvite((call) => {
    call.ring(180);
    resolve(call);
  }));
  const parent = new Call({ accountSid: account.sid, from: '+1', to: '2', direction: 'inbound' }, one.callPorts);
  const leg = await one.dialer.place({ parent, account, target: { kind: 'sip', uri, headers: {} }, callerId: '+1', timeoutMs: 1_000 });
  await eventually(() => expect(leg?.call.status).toBe('ringing'));
  const callee = await came;
  const die = async (meanwhile: () => unknown = () => undefined, unrecorded: () => unknown = () => undefined) => {
    const record = recordOf(parent).legs?.[0] as CallRecord;
    await unrecorded();
    one.drachtio.stop();
    await eventually(() => expect(two.dead).toEqual(['one']));
    await meanwhile();
    const call = Call.restore({ epoch: 2, record: JSON.parse(JSON.stringify(record)) as CallRecord }, two.callPorts);
    if (!record.ringing) throw new Error('it does not ring');
    return { call, outcome: await two.dialer.takeOver(call, record.ringing, 2_000) };
  };
  return { ...two, one, leg, callee, heard: heardByCallee(callee), die };
}

describe('a leg that a dead gateway was ringing', () => {
  it('is the same call at the next one, and answered there', async () => {
    const { die, dialer, callee, heard, endpoint, facts, leg } = await ring();
    const { call, outcome } = await die();
    expect([outcome, call.sid, call.status]).toEqual(['adopted', leg?.call.sid, 'ringing']);
    const resumed = dialer.resumed(call);
    expect(dialer.resumed(call)).toBeUndefined();
    callee.accept({ body: ANSWER });
    expect(await resumed?.final).toMatchObject({ outcome: 'answered' });
    expect([call.status, endpoint.remoteSdp, recordOf(call).ringing, facts]).toEqual(['in-progress', ANSWER, undefined, ['call.answered']]);
    call.end('local-hangup');
    await eventually(() => expect(heard).toEqual(['ack', 'ended by remote']));
  });

  it('may have been answered while nobody had it', async () => {
    const { die, dialer, callee, heard, facts } = await ring();
    const { call } = await die(() => callee.accept({ body: ANSWER }));
    await eventually(() => expect(heard).toEqual(['ack']));
    // Its reports must not be missed by who goes on with it.
    expect(facts).toEqual([]);
    expect(await dialer.resumed(call)?.final).toMatchObject({ outcome: 'answered' });
  });

  it('is asked for its media when its answer had been acknowledged before any record told of it', async () => {
    const { die, dialer, callee, heard, endpoint } = await ring();
    callee.onReinvite((reinvite) => void reinvite.accept({ body: `${ANSWER}a=again\r\n` }));
    const { call } = await die(undefined, () => {
      callee.accept({ body: ANSWER });
      return eventually(() => expect(heard).toEqual(['ack']));
    });
    expect(await dialer.resumed(call)?.final).toMatchObject({ outcome: 'answered' });
    expect(endpoint.remoteSdp).toBe(`${ANSWER}a=again\r\n`);
  });

  it('may refuse, before or after somebody has it', async () => {
    const { die, dialer, callee } = await ring();
    const { call } = await die(() => callee.reject(486));
    expect(await dialer.resumed(call)?.final).toMatchObject({ outcome: 'failed', sipStatus: 486 });
  });

  it('is not acknowledged from where the account may not call', async () => {
    const { die, dialer, callee, heard } = await ring({ forbids: true });
    const { call } = await die();
    const resumed = dialer.resumed(call);
    callee.accept({ body: ANSWER });
    expect(await resumed?.final).toMatchObject({ outcome: 'failed', sipStatus: 403 });
    expect(heard).not.toContain('ack');
  });

  it('is cancelled when it is given up before its Dial goes on with it', async () => {
    const { die, dialer, heard, endpoint } = await ring();
    const { call } = await die();
    call.end('caller-cancelled');
    await eventually(() => expect(heard).toEqual(['cancelled']));
    expect([dialer.resumed(call), endpoint.gone]).toEqual([undefined, true]);
  });

  it('is lost, not refused, when the relay gave it up', async () => {
    const { die, dialer, heard } = await ring({ holdMs: 100 });
    const { call } = await die(() => eventually(() => expect(heard).toEqual(['cancelled'])));
    expect(await dialer.resumed(call)?.final).toMatchObject({ outcome: 'failed', isLost: true });
  });

  it('ends with gateway-lost when nobody knows of it', async () => {
    const { dialer, callPorts, endpoint, leg } = await ring();
    const record = leg && recordOf(leg.call);
    const call = Call.restore({ epoch: 2, record: record as CallRecord }, callPorts);
    const ringing = record?.ringing;
    expect(ringing && await dialer.takeOver(call, { ...ringing, dialogId: 'x;from-tag=y' }, 2_000)).toBe('unknown');
    expect([call.endReason, dialer.resumed(call), endpoint.gone]).toEqual(['gateway-lost', undefined, true]);
  });
});
