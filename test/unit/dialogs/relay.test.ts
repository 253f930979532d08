import { DrachtioConnection, type IncomingInvite, type SipDialog } from '../../../src/dialogs';
import type { IncomingCall, ServerTransaction } from '../../../src/sip-stack';
import { BreakableWire } from '../../support/breakable-wire';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { heardBy, heardByCallee, RelayStage, SDP, SECRET, SERVER_SECRET, uriOf } from '../../support/relay-stage';

const stage = new RelayStage();
afterEach(() => stage.clear());

const ANSWER = SDP.replace('o=x', 'o=gateway');

async function gateway(at: { readonly host: string; readonly port: number }, gatewayId: string, secret = SECRET) {
  const connection = new DrachtioConnection({ ...at, secret, gatewayId });
  const events: unknown[][] = [];
  for (const event of ['gateway-up', 'gateway-down', 'dialog-lost'] as const) connection.on(event, (...args: unknown[]) => void events.push([event, ...args]));
  const invites: IncomingInvite[] = [];
  connection.on('invite', (invite) => void invites.push(invite));
  await connection.start();
  let running = true;
  const die = (): void => {
    if (running) connection.stop();
    running = false;
  };
  stage.after(die);
  return { connection, events, invites, die };
}

type Gateway = Awaited<ReturnType<typeof gateway>>;

async function setUp() {
  const server = await stage.server();
  const { address } = await stage.relay(server.admin);
  const one = await gateway(address, 'one');
  // Said its name: whoever comes hears of it, and it hears of them.
  await eventually(() => expect(one.connection.relayed).toBe(true));
  return { server, one, another: (name = 'two') => gateway(address, name) };
}

async function takeCall(server: Awaited<ReturnType<typeof stage.server>>, one: Gateway, before = 0) {
  const { agent } = await stage.phone();
  const call = agent.invite({ uri: uriOf(server), body: SDP });
  const heard = heardBy(call);
  await eventually(() => expect(one.invites).toHaveLength(before + 1));
  const dialog = await one.invites[before]?.accept(ANSWER);
  if (!dialog) throw new Error('no dialog');
  await eventually(() => expect(call.established).toBe(true));
  return { call, heard, dialog };
}

/** A phone that `one` rings. */
async function ring(one: Gateway) {
  const { agent, uri } = await stage.phone('bob');
  const callee = new Promise<IncomingCall>((resolve) => agent.onInvite((call) => {
    call.ring(180);
    resolve(call);
  }));
  const invite = one.connection.invite({ uri, sdp: SDP });
  const dialogId = await new Promise<string>((resolve) => invite.on('sent', resolve));
  expect(invite.dialogId).toBe(dialogId);
  await new Promise<void>((resolve) => invite.on('progress', () => resolve()));
  const incoming = await callee;
  return { dialogId, invite, callee: incoming, heard: heardByCallee(incoming) };
}

const whenOver = (dialog: SipDialog): Promise<string> => new Promise((resolve) => dialog.on('bye', resolve));

describe('a gateway behind a relay', () => {
  it('hears who comes and goes', async () => {
    const { one, another } = await setUp();
    const two = await another();
    await eventually(() => expect(one.events).toEqual([['gateway-up', 'two']]));
    two.die();
    await eventually(() => expect(one.events).toEqual([['gateway-up', 'two'], ['gateway-down', 'two', 'closed', 0]]));
  });

  it('is known to live', async () => {
    const clock = new ManualClock();
    const server = await stage.server();
    const { address } = await stage.relay(server.admin, { clock });
    const one = await gateway(address, 'one');
    await eventually(() => expect(one.connection.relayed).toBe(true));
    for (let looked = 0; looked < 16; looked += 1) {
      clock.advance(1_000);
      // The order of the stream: it has answered the question before.
      expect(await one.connection.orphans()).toEqual([]);
    }
    expect(one.connection.connected).toBe(true);
  });

  it('takes over a call, answers its requests and hears its end', async () => {
    const { server, one, another } = await setUp();
    const { call, dialog } = await takeCall(server, one);
    const two = await another();
    one.die();
    await eventually(() => expect(two.events).toEqual([['gateway-down', 'one', 'closed', 1]]));
    expect(await two.connection.orphans()).toEqual([{ dialogId: dialog.id, epoch: 0, state: 'confirmed', gatewayId: 'one' }]);
    const adopted = two.connection.takeOver(dialog.id, 1, ANSWER);
    const over = whenOver(adopted.dialog);
    expect(await adopted.outcome).toEqual({ outcome: 'adopted', state: 'confirmed' });
    expect(await two.connection.orphans()).toEqual([]);
    const answer = await call.reinvite({ body: SDP });
    expect(answer).toMatchObject({ response: { status: 200, body: Buffer.from(ANSWER) } });
    await call.bye();
    expect(await over).toBe('');
  });

  it('hears of the BYE that came before it took over', async () => {
    const { server, one, another } = await setUp();
    const { call, dialog } = await takeCall(server, one);
    const two = await another();
    one.die();
    await eventually(() => expect(two.events).toHaveLength(1));
    const bye = call.bye();
    await eventually(async () => expect(await two.connection.orphans()).toHaveLength(1));
    const adopted = two.connection.takeOver(dialog.id, 1, ANSWER);
    await whenOver(adopted.dialog);
    expect(await bye).toMatchObject({ response: { status: 200 } });
    expect(await two.connection.takeOver(dialog.id, 2, ANSWER).outcome).toEqual({ outcome: 'unknown' });
    expect(two.connection.dialogCount).toBe(0);
  });

  it('keeps its own dialogs over a broken connection: what came meanwhile is heard, and who took one over keeps it', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const wire = await BreakableWire.start(address);
    stage.after(() => wire.stop());
    const one = await gateway(wire.address, 'one');
    // The relay has said at drachtio-server what it takes when it hands a first call on.
    const { agent } = await stage.phone();
    await eventually(async () => {
      const heard = heardBy(agent.invite({ uri: uriOf(server), body: SDP }));
      await eventually(() => expect(one.invites.length === 1 || heard.includes('503')).toBe(true));
      expect(one.invites).toHaveLength(1);
    });
    one.invites[0]?.reject(486);
    const kept = await takeCall(server, one, 1);
    const taken = await takeCall(server, one, 2);
    const two = await gateway(address, 'two');
    wire.break();
    await eventually(() => expect(two.events).toContainEqual(['gateway-down', 'one', 'closed', 2]));
    await two.connection.takeOver(taken.dialog.id, 1_000, ANSWER).outcome;
    const over = whenOver(kept.dialog);
    const bye = kept.call.bye();
    wire.mend();
    expect(await over).toBe('');
    expect(await bye).toMatchObject({ response: { status: 200 } });
    await eventually(() => expect(one.events).toContainEqual(['dialog-lost', taken.dialog.id, 1]));
  });

  it('can only take over with a newer epoch; the former owner is told and refused', async () => {
    const { server, one, another } = await setUp();
    const { dialog } = await takeCall(server, one);
    const two = await another();
    const adopted = two.connection.takeOver(dialog.id, 5, ANSWER);
    expect(await adopted.outcome).toEqual({ outcome: 'adopted', state: 'confirmed' });
    await eventually(() => expect(one.events).toContainEqual(['dialog-lost', dialog.id, 5]));
    expect(one.connection.dialogCount).toBe(0);
    await expect(dialog.reinvite(SDP)).rejects.toThrow('not the owner');
    expect(await one.connection.takeOver(dialog.id, 5, ANSWER).outcome).toEqual({ outcome: 'stale', epoch: 5 });
    expect(one.connection.dialogCount).toBe(0);
    expect(await adopted.dialog.reinvite(SDP)).toMatchObject({ outcome: 'refused', status: 488 });
  });

  it('gets the answer of a leg that a dead gateway was ringing', async () => {
    const { one, another } = await setUp();
    const { dialogId, callee, heard } = await ring(one);
    const two = await another();
    one.die();
    await eventually(() => expect(two.events).toHaveLength(1));
    const adopted = two.connection.takeOver(dialogId, 1, SDP);
    expect(await adopted.outcome).toEqual({ outcome: 'adopted', state: 'ringing' });
    callee.accept({ body: ANSWER, headers: { 'X-Agent': 'bob' } });
    expect(await adopted.final).toMatchObject({ outcome: 'answered', dialog: adopted.dialog, sdp: ANSWER, headers: { 'X-Agent': 'bob' } });
    await adopted.dialog.bye();
    await eventually(() => expect(heard).toEqual(['ack', 'ended by remote']));
  });

  it('hears how far such a leg was, and an answer that came while nobody had it', async () => {
    const { one, another } = await setUp();
    const { dialogId, callee, heard } = await ring(one);
    const two = await another();
    one.die();
    await eventually(() => expect(two.events).toHaveLength(1));
    callee.ring(183);
    callee.accept({ body: ANSWER });
    await eventually(async () => expect(await two.connection.orphans()).toMatchObject([{ state: 'confirmed' }]));
    const adopted = two.connection.takeOver(dialogId, 1, SDP);
    expect(await adopted.outcome).toEqual({ outcome: 'adopted', state: 'confirmed', isOwedAck: true });
    expect(await adopted.final).toMatchObject({ outcome: 'answered', sdp: ANSWER });
    const rang: string[] = [];
    adopted.onProgress((sdp) => rang.push(sdp));
    expect(rang).toEqual(['']);
    await eventually(() => expect(heard).toEqual(['ack']));
  });

  it('that leaves its calls to another one hears of no end of what it was ringing', async () => {
    const { one, another } = await setUp();
    const { dialogId, invite, callee } = await ring(one);
    const two = await another();
    const ends: unknown[] = [];
    void invite.final.then((end) => ends.push(end));
    one.connection.leave();
    await eventually(() => expect(two.events).toHaveLength(1));
    const adopted = two.connection.takeOver(dialogId, 1, SDP);
    await adopted.outcome;
    callee.accept({ body: ANSWER });
    expect(await adopted.final).toMatchObject({ outcome: 'answered' });
    expect(ends).toEqual([]);
  });

  it('asks such a leg for its media when the dead one had acknowledged its answer', async () => {
    const { one, another } = await setUp();
    const { dialogId, callee, heard } = await ring(one);
    callee.onReinvite((reinvite) => void reinvite.accept({ body: `${ANSWER}a=again\r\n` }));
    callee.accept({ body: ANSWER });
    await eventually(() => expect(heard).toEqual(['ack']));
    const two = await another();
    one.die();
    await eventually(() => expect(two.events).toHaveLength(1));
    const adopted = two.connection.takeOver(dialogId, 1, SDP);
    expect(await adopted.outcome).toEqual({ outcome: 'adopted', state: 'confirmed' });
    await adopted.askAgain();
    expect(await adopted.final).toMatchObject({ outcome: 'answered', sdp: `${ANSWER}a=again\r\n` });
    adopted.cancel();
    await eventually(() => expect(heard).toContain('ended by remote'));
  });

  it('acknowledges what such a leg says reliably, and takes the answer from there', async () => {
    const { one, another } = await setUp();
    const { agent, uri } = await stage.phone('bob');
    const seen: string[] = [];
    let invite: ServerTransaction | undefined;
    agent.stack.onRequest((request, transaction) => {
      seen.push([request.method, request.headers.get('RAck')].join(' ').trim());
      if (request.method === 'INVITE') invite = transaction;
      else transaction.reply(200);
    });
    const leg = one.connection.invite({ uri, sdp: SDP });
    const dialogId = await new Promise<string>((resolve) => leg.on('sent', resolve));
    await eventually(() => expect(seen).toEqual(['INVITE']));
    const two = await another();
    one.die();
    await eventually(() => expect(two.events).toHaveLength(1));
    const adopted = two.connection.takeOver(dialogId, 1, SDP);
    await adopted.outcome;
    invite?.reply(183, { headers: { Contact: `<${uri}>`, Require: '100rel', RSeq: '7', 'Content-Type': 'application/sdp' }, body: ANSWER });
    await eventually(() => expect(seen).toEqual(['INVITE', 'PRACK 7 1 INVITE']));
    invite?.reply(200, { headers: { Contact: `<${uri}>` } });
    expect(await adopted.final).toMatchObject({ outcome: 'answered', sdp: ANSWER });
  });

  it('gives up such a leg', async () => {
    const { one, another } = await setUp();
    const { dialogId, heard } = await ring(one);
    const two = await another();
    const adopted = two.connection.takeOver(dialogId, 1, SDP);
    adopted.cancel();
    expect(await adopted.final).toMatchObject({ outcome: 'failed', status: 487 });
    expect(heard).toEqual(['cancelled']);
    await eventually(async () => expect(await two.connection.takeOver(dialogId, 2, SDP).outcome).toEqual({ outcome: 'unknown' }));
  });

  it('does not acknowledge an answer from where it may not send', async () => {
    const { one, another } = await setUp();
    const { dialogId, callee, heard } = await ring(one);
    const two = await another();
    const asked: string[] = [];
    const adopted = two.connection.takeOver(dialogId, 1, SDP, async (uri) => {
      asked.push(uri);
      return false;
    });
    await adopted.outcome;
    callee.accept({ body: ANSWER });
    expect(await adopted.final).toMatchObject({ outcome: 'failed', status: 403 });
    expect(asked).toEqual(['sip:127.0.0.1']);
    expect(heard).toEqual([]);
  });

  it('gets the INVITE that a dead gateway had not answered, and is told whose it was', async () => {
    const { server, one, another } = await setUp();
    const { agent } = await stage.phone();
    const call = agent.invite({ uri: uriOf(server), body: SDP });
    const heard = heardBy(call);
    await eventually(() => expect(one.invites).toHaveLength(1));
    expect(one.invites[0]?.replayedFrom).toBeUndefined();
    const two = await another();
    one.die();
    const replayed = await eventually(() => {
      const [invite] = two.invites;
      if (!invite) throw new Error('no INVITE yet');
      return invite;
    });
    expect(replayed.replayedFrom).toBe('one');
    expect(replayed.sipCallId).toBe(one.invites[0]?.sipCallId);
    await replayed.accept(ANSWER);
    await eventually(() => expect(heard).toEqual(['200']));
  });

  it('gets no new calls once it drains', async () => {
    const { server, one, another } = await setUp();
    const two = await another();
    one.connection.drain();
    await one.connection.orphans();
    const { agent } = await stage.phone();
    for (let i = 1; i <= 3; i += 1) {
      agent.invite({ uri: uriOf(server), body: SDP });
      await eventually(() => expect(two.invites).toHaveLength(i));
    }
    expect(one.invites).toEqual([]);
  });
});

describe('a gateway without a relay', () => {
  it('says no word that drachtio-server does not know, and takes over what it can: to speak, not to hear', async () => {
    const server = await stage.server();
    const one = await gateway(server.admin, 'one', SERVER_SECRET);
    const { call, heard, dialog } = await takeCall(server, one);
    const two = await gateway(server.admin, 'two', SERVER_SECRET);
    expect([one.connection.relayed, await two.connection.orphans()]).toEqual([false, []]);
    two.connection.drain();
    const adopted = two.connection.takeOver(dialog.id, 1, ANSWER);
    expect(await adopted.outcome).toEqual({ outcome: 'no-relay' });
    await adopted.dialog.bye();
    await eventually(() => expect(heard).toEqual(['200', 'ended by remote']));
    expect(call.established).toBe(false);
    expect([one.connection.connected, two.connection.connected]).toEqual([true, true]);
  });
});
