import type { IncomingCall, IncomingReinvite } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import type { RawApp } from '../../support/raw-app';
import { heardBy, heardByCallee, RelayStage, say, SDP, uriOf } from '../../support/relay-stage';

const stage = new RelayStage();
afterEach(() => stage.clear());

const TXN = 8;
const DIALOG = 9;

async function setUp(holdMs = 5_000) {
  const server = await stage.server();
  const { relay, address } = await stage.relay(server.admin, { holdMs });
  const { agent } = await stage.phone();
  const app = (name: string, ...verbs: string[]): Promise<RawApp> => stage.app(address, name, ...verbs);
  const call = () => {
    const outgoing = agent.invite({ uri: uriOf(server), body: SDP });
    return { call: outgoing, heard: heardBy(outgoing) };
  };
  return { server, relay, app, call, agent };
}

/** A call that `one` has answered. */
async function answered({ app, call }: Awaited<ReturnType<typeof setUp>>) {
  const one = await app('one', 'invite');
  const two = await app('two');
  const caller = call();
  const txn = (await one.heard('INVITE sip:1000'))[TXN] ?? '';
  const sent = await one.reply(one.send(say.response(txn, '200 OK', SDP)));
  const dialogId = sent[11] ?? '';
  expect(dialogId).toMatch(/^.+;from-tag=.+$/);
  await one.heard(/\r\nACK /);
  return { one, two, dialogId, ...caller };
}

/** A phone that `one` rings; the id is known before it answers. */
async function ringing({ app }: Awaited<ReturnType<typeof setUp>>) {
  const one = await app('one');
  const two = await app('two');
  const { agent, uri } = await stage.phone('bob');
  let callee: IncomingCall | undefined;
  agent.onInvite((incoming) => {
    callee = incoming;
    incoming.ring(180);
  });
  const id = one.send(say.invite(uri));
  const echo = await one.reply(id);
  const sip = one.received.find((payload) => payload.includes(`response|${id}`)) ?? '';
  const dialogId = `${/Call-ID: (.*)\r/.exec(sip)?.[1]};from-tag=${/From:.*tag=(.*)\r/.exec(sip)?.[1]}`;
  await one.heard(/SIP\/2.0 180/);
  if (!callee) throw new Error('nobody rings');
  return { one, two, dialogId, txn: echo[10] ?? '', callee, heard: heardByCallee(callee) };
}

describe('an INVITE whose gateway dies before it answered', () => {
  it('goes to another one as it was, with the same transaction and the name of the dead', async () => {
    const { app, call } = await setUp();
    const one = await app('one', 'invite');
    const { heard } = call();
    const first = await one.payload('INVITE sip:1000');
    const txn = first.split('|')[TXN] ?? '';
    await one.ask(say.response(txn, '180 Ringing'));
    const two = await app('two', 'invite');
    one.socket.destroy();
    const again = await two.payload('INVITE sip:1000');
    const [line, ...message] = again.split('\r\n');
    expect(line?.split('|').slice(1)).toEqual([...(first.split('\r\n')[0]?.split('|').slice(1, 12) ?? []), 'replay:one']);
    expect(message.join('\r\n')).toBe(first.split('\r\n').slice(1).join('\r\n'));
    // It hears of the death before.
    const order = two.received.map((payload) => payload.split('|')[1]);
    expect(order.indexOf('gateway')).toBeLessThan(order.indexOf('sip'));
    expect(await two.heard('gateway|down|one')).toEqual([expect.any(String), 'gateway', 'down', 'one', 'closed', '1']);
    const sent = await two.reply(two.send(say.response(txn, '200 OK', SDP)));
    await two.heard(/\r\nACK /);
    expect(heard).toEqual(['180', '200']);
    await two.ask(say.inDialog(sent[11] ?? '', 'BYE'));
    await eventually(() => expect(heard).toEqual(['180', '200', 'ended by remote']));
  });

  it('waits for one to come, and takes along the CANCEL of a caller who gave up', async () => {
    const { app, call, relay } = await setUp();
    const one = await app('one', 'invite');
    const { call: outgoing, heard } = call();
    const txn = (await one.heard('INVITE sip:1000'))[TXN] ?? '';
    await one.ask(say.response(txn, '180 Ringing'));
    one.socket.destroy();
    await eventually(async () => expect(await stage.metric('holdfast_relay_gateway_losses_total{reason="closed"}')).toEqual([expect.stringMatching(/ 1$/)]));
    outgoing.cancel();
    await eventually(() => expect(heard).toEqual(['180', '487']));
    const two = await app('two', 'invite');
    expect((await two.heard(/\r\nINVITE /))[12]).toBe('replay:one');
    expect((await two.heard(/\r\nCANCEL /))[TXN]).toBe(txn);
    await eventually(() => expect(relay.idle).toBe(true));
  });

  it('is 503 when none comes, and 500 when a second one dies of it', async () => {
    const { app, call, relay } = await setUp(200);
    const one = await app('one', 'invite');
    const lonely = call();
    await one.heard('INVITE sip:1000');
    one.socket.destroy();
    await eventually(() => expect(lonely.heard).toEqual(['503']));
    const two = await app('two', 'invite');
    const three = await app('three', 'invite');
    const deadly = call();
    for (let died = 0; died < 2; died += 1) {
      const victim = await eventually(() => {
        const found = [two, three].find((gateway) => !gateway.closed && gateway.all('INVITE sip:1000').length > 0);
        if (!found) throw new Error('nobody was asked');
        return found;
      });
      victim.socket.destroy();
      await eventually(() => expect(victim.closed).toBe(true));
    }
    await eventually(() => expect(deadly.heard).toEqual(['500']));
    await eventually(() => expect(relay.idle).toBe(true));
  });

  it('is not asked again when it was answered finally', async () => {
    const { app, call, relay } = await setUp(200);
    const one = await app('one', 'invite');
    const { heard } = call();
    const txn = (await one.heard('INVITE sip:1000'))[TXN] ?? '';
    const two = await app('two', 'invite');
    await one.ask(say.response(txn, '486 Busy Here'));
    one.socket.destroy();
    await two.heard('gateway|down|one');
    await eventually(() => expect(heard).toEqual(['486']));
    await eventually(() => expect(relay.idle).toBe(true));
    expect(two.all('INVITE sip')).toEqual([]);
  });
});

describe('a dialog that ends', () => {
  it('leaves no answer to a re-INVITE to wait for', async () => {
    const world = await setUp();
    const { one, dialogId, call } = await answered(world);
    const offered = new Promise<IncomingReinvite>((resolve) => call.onReinvite(resolve));
    await one.ask(say.inDialog(dialogId, 'INVITE', SDP));
    const reinvite = await offered;
    const bye = call.bye();
    const txn = (await one.heard(/\r\nBYE /))[TXN] ?? '';
    await one.ask(say.response(txn, '200 OK'));
    await bye;
    reinvite.reject(481);
    await eventually(() => expect(world.relay.idle).toBe(true));
  });
});

describe('a leg that rings', () => {
  it('is answered to its gateway, also when drachtio-server knew no dialog of it before', async () => {
    const { one, dialogId, callee } = await ringing(await setUp());
    expect(await one.ask(say.inDialog(dialogId, 'INFO'))).toEqual(['NOK', expect.stringContaining('unable to find dialog')]);
    callee.accept({ body: SDP });
    await one.heard(/SIP\/2.0 200/);
  });
});

describe('a dialog whose gateway dies', () => {
  it('keeps what comes for the gateway that adopts it, which answers', async () => {
    const world = await setUp();
    const { one, two, dialogId, call, heard } = await answered(world);
    one.socket.destroy();
    await two.heard('gateway|down|one|closed|1');
    expect(await two.ask('orphans')).toEqual(['OK', '1']);
    expect(two.received.some((payload) => payload.includes(`\r\n${dialogId}|0|confirmed|one`))).toBe(true);
    const asked = call.request('INFO', {});
    const bye = call.bye();
    expect(await two.ask(`adopt|${dialogId}|1`)).toEqual(['OK', 'confirmed', '']);
    for (const method of ['INFO', 'BYE']) {
      const tokens = await two.heard(new RegExp(`\r\n${method} `));
      expect(tokens[DIALOG]).toBe(dialogId);
      await two.ask(say.response(tokens[TXN] ?? '', '200 OK'));
    }
    expect(await asked).toMatchObject({ response: { status: 200 } });
    expect(await bye).toMatchObject({ response: { status: 200 } });
    expect(heard).toEqual(['200', 'ended by local']);
    await eventually(() => expect(world.relay.idle).toBe(true));
  });

  it('is adopted when its gateway had the request already, and had not answered', async () => {
    const { one, two, dialogId, call } = await answered(await setUp());
    const bye = call.bye();
    const txn = (await one.heard(/\r\nBYE /))[TXN] ?? '';
    one.socket.destroy();
    await two.heard('gateway|down|one');
    await two.ask(`adopt|${dialogId}|1`);
    expect((await two.heard(/\r\nBYE /))[TXN]).toBe(txn);
    await two.ask(say.response(txn, '200 OK'));
    expect(await bye).toMatchObject({ response: { status: 200 } });
  });

  it('tells a late adopter that it ended', async () => {
    const { one, two, dialogId, call } = await answered(await setUp(200));
    one.socket.destroy();
    expect(await call.bye()).toMatchObject({ response: { status: 200 } });
    expect(await two.ask(`adopt|${dialogId}|1`)).toEqual(['OK', 'over', '']);
    const [, , source, , , , , , txn] = await two.heard(/\r\nBYE /);
    expect([source, txn]).toEqual(['application', 'unsolicited']);
    expect(await two.ask(`adopt|${dialogId}|2`)).toEqual(['NO', 'unknown dialog']);
  });

  it('is adopted by epochs that rise; whoever has not the last one is refused', async () => {
    const { one, two, dialogId, call } = await answered(await setUp());
    // Nobody has adopted it: anybody may speak in it, as with drachtio-server.
    const info = two.send(say.inDialog(dialogId, 'INFO'));
    expect((await two.reply(info))[3]).toBe('OK');
    expect(await two.ask(`adopt|${dialogId}|7`)).toEqual(['OK', 'confirmed', '']);
    expect(await one.heard('dialog|lost')).toEqual([expect.any(String), 'dialog', 'lost', dialogId, '7']);
    expect(await one.ask(say.inDialog(dialogId, 'BYE'))).toEqual(['NO', 'not the owner']);
    for (const epoch of [7, 6, 1]) expect(await one.ask(`adopt|${dialogId}|${epoch}`)).toEqual(['NO', 'stale epoch 7']);
    expect(await two.ask(`adopt|${dialogId}|7`)).toEqual(['OK', 'confirmed', '']);
    for (const epoch of ['0', '-1', 'x', '']) expect(await one.ask(`adopt|${dialogId}|${epoch}`)).toEqual(['NO', 'not an epoch']);
    expect(await one.ask('adopt|nobody;from-tag=x|8')).toEqual(['NO', 'unknown dialog']);
    void call.bye();
    const txn = (await two.heard(/\r\nBYE /))[TXN] ?? '';
    expect(await one.ask(say.response(txn, '200 OK'))).toEqual(['NO', 'not the owner']);
    expect(one.all(/\r\nBYE /)).toEqual([]);
    expect((await two.reply(two.send(say.response(txn, '200 OK'))))[3]).toBe('OK');
    expect(await stage.metric('holdfast_relay_fenced_total')).toEqual([expect.stringMatching(/ 2$/)]);
  });

  it('is taken from a living gateway with the request that it had not answered', async () => {
    const { one, two, dialogId, call } = await answered(await setUp());
    const asked = call.request('INFO', {});
    const txn = (await one.heard(/\r\nINFO /))[TXN] ?? '';
    await two.ask(`adopt|${dialogId}|1`);
    expect((await two.heard(/\r\nINFO /))[TXN]).toBe(txn);
    expect(await one.ask(say.response(txn, '500 Too Late'))).toEqual(['NO', 'not the owner']);
    await two.ask(say.response(txn, '200 OK'));
    expect(await asked).toMatchObject({ response: { status: 200 } });
  });

  it('hands on the 200 of a re-INVITE that waits for its ACK', async () => {
    const { one, two, dialogId, call } = await answered(await setUp());
    call.onReinvite((reinvite) => reinvite.accept({ body: SDP }));
    let acks = 0;
    call.on('ack', () => (acks += 1));
    one.send(say.inDialog(dialogId, 'INVITE', SDP));
    await one.heard(/\r\nSIP\/2.0 200/);
    one.socket.destroy();
    await two.heard('gateway|down|one');
    await two.ask(`adopt|${dialogId}|1`);
    expect((await two.heard(/\r\nSIP\/2.0 200/))[DIALOG]).toBe(dialogId);
    expect(acks).toBe(0);
    await two.ask(say.inDialog(dialogId, 'ACK'));
    await eventually(() => expect(acks).toBe(1));
  });
});

describe('a leg that a dead gateway was ringing', () => {
  it('gives its 200 to the adopter, also the one that came before the adoption', async () => {
    for (const when of ['before', 'after']) {
      const { one, two, dialogId, txn, callee, heard } = await ringing(await setUp());
      one.socket.destroy();
      await two.heard('gateway|down|one|closed|1');
      if (when === 'before') callee.accept({ body: SDP });
      const [verdict, state, invite] = await eventually(async () => {
        const reply = await two.ask(`adopt|${dialogId}|3`);
        expect(reply[0]).toBe('OK');
        return reply;
      });
      if (when === 'after') {
        expect([verdict, state, invite]).toEqual(['OK', 'ringing', txn]);
        callee.accept({ body: SDP });
      }
      const [, type, , , , , , , transaction] = await two.heard(/\r\nSIP\/2.0 200/);
      expect([type, transaction]).toEqual(['inherited', txn]);
      await two.ask(say.inDialog(dialogId, 'ACK'));
      await two.ask(say.inDialog(dialogId, 'BYE'));
      await eventually(() => expect(heard).toEqual(['ack', 'ended by remote']));
      await stage.clear();
    }
  });

  it('tells the adopter that it was refused', async () => {
    const { one, two, dialogId, callee } = await ringing(await setUp());
    one.socket.destroy();
    await two.heard('gateway|down|one');
    callee.reject(486);
    await eventually(async () => {
      await two.ask('orphans');
      expect(two.received.at(-1)).toContain(`\r\n${dialogId}|0|over|one`);
    });
    expect(await two.ask(`adopt|${dialogId}|1`)).toEqual(['OK', 'over', '']);
    await two.heard(/\r\nSIP\/2.0 486/);
  });

  it('can be cancelled by the adopter, and by nobody else', async () => {
    const { one, two, dialogId, txn, heard } = await ringing(await setUp());
    await two.ask(`adopt|${dialogId}|1`);
    expect(await one.ask(say.cancel(txn))).toEqual(['NO', 'not the owner']);
    expect((await two.reply(two.send(say.cancel(txn))))[3]).toBe('OK');
    await eventually(() => expect(heard).toEqual(['cancelled']));
    await two.heard(/\r\nSIP\/2.0 487/);
  });

  it.each(['rings', 'answers'])('is ended when nobody adopts it and it %s', async (what) => {
    const world = await setUp(200);
    const { one, callee, heard } = await ringing(world);
    one.socket.destroy();
    if (what === 'answers') callee.accept({ body: SDP });
    await eventually(() => expect(heard).toEqual(what === 'answers' ? ['ack', 'ended by remote'] : ['cancelled']));
    expect(await stage.metric('holdfast_relay_legs_abandoned_total')).toEqual([expect.stringMatching(/ 1$/)]);
  });
});
