import { eventually } from '../../support/eventually';
import { RawApp } from '../../support/raw-app';
import { heardBy, RelayStage, say, SDP, uriOf } from '../../support/relay-stage';

const stage = new RelayStage();
afterEach(() => stage.clear());

const TXN = 8;

describe('a relay that is replaced', () => {
  it('leaves new calls to the next one when its gateways have moved, and keeps those that it has until they end', async () => {
    const server = await stage.server();
    const old = await stage.relay(server.admin);
    const one = await stage.app(old.address, 'one', 'invite');
    const { agent } = await stage.phone();
    const place = () => {
      const call = agent.invite({ uri: uriOf(server), body: SDP });
      return { call, heard: heardBy(call) };
    };
    const first = place();
    const txn = (await one.heard('INVITE sip:1000'))[TXN] ?? '';
    await one.ask(say.response(txn, '200 OK', SDP));
    await one.heard(/\r\nACK /);

    const next = await stage.relay(server.admin);
    const two = await stage.app(next.address, 'two', 'invite');
    old.relay.drain();
    await one.heard('relay|draining');
    // Until its gateways have moved it takes new calls: drachtio-server gives them to the two in turn.
    place();
    place();
    await eventually(() => expect([one.all('INVITE sip:1000').length, two.all('INVITE sip:1000').length]).toEqual([2, 1]));
    expect(await one.ask('drain')).toEqual(['OK']);
    for (let i = 2; i <= 5; i += 1) {
      place();
      await eventually(() => expect(two.all('INVITE sip:1000')).toHaveLength(i));
    }
    const [, late] = one.all('INVITE sip:1000');
    expect(one.all('INVITE sip:1000')).toHaveLength(2);
    await one.ask(say.response((late ?? '').split('|')[TXN] ?? '', '486 Busy Here'));
    expect(old.relay.idle).toBe(false);
    const bye = first.call.bye();
    await one.ask(say.response((await one.heard(/\r\nBYE /))[TXN] ?? '', '200 OK'));
    expect(await bye).toMatchObject({ response: { status: 200 } });
    await eventually(() => expect(old.relay.idle).toBe(true));
    // The port is free for whoever comes next.
    const heir = await stage.relay(server.admin, { listen: { ...old.address, secret: 'another-secret' } });
    expect(heir.address).toEqual(old.address);
  });

  it('loses its gateways when drachtio-server goes, as they would lose that, and takes them again', async () => {
    const server = await stage.server();
    const { relay, address } = await stage.relay(server.admin);
    const one = await stage.app(address, 'one', 'invite');
    const two = await stage.app(address, 'two');
    const { agent } = await stage.phone();
    agent.invite({ uri: uriOf(server), body: SDP });
    await one.heard('INVITE sip:1000');
    expect([relay.trouble, relay.idle]).toEqual([undefined, false]);
    await server.stop();
    await eventually(() => expect([one.closed, two.closed]).toEqual([true, true]));
    // They live, and must not take each other for dead.
    expect([one.all('gateway|down'), two.all('gateway|down')]).toEqual([[], []]);
    expect([relay.trouble, relay.idle]).toEqual(['no connection to drachtio-server', true]);
    const early = new RawApp(address);
    await eventually(() => expect(early.closed).toBe(true));
    await stage.server(server.admin.port);
    await eventually(() => expect(relay.trouble).toBeUndefined());
    expect(await (await stage.app(address, 'one')).ask('route|invite')).toEqual(['OK']);
  });
});
