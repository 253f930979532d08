import { encodeFrame } from '../../../src/protocol/drachtio';
import { eventually } from '../../support/eventually';
import { RawApp } from '../../support/raw-app';
import { heardBy, RelayStage, say, SDP, SECRET, uriOf } from '../../support/relay-stage';
import { seededRandom } from '../../support/seeded-random';
import { Wiretap } from '../../support/wiretap';

const stage = new RelayStage();
afterEach(() => stage.clear());

describe('a gateway at the relay', () => {
  it('is not heard without the secret', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    for (const [first, reason] of [['route|invite', 'not authenticated'], ['authenticate|wrong|', 'incorrect secret']] as const) {
      const app = new RawApp(address);
      expect(await app.ask(first)).toEqual(['NO', reason]);
      await eventually(() => expect(app.closed).toBe(true));
    }
  });

  it('is told what drachtio-server tells, and that it speaks to a relay', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const app = new RawApp(address);
    stage.after(() => void app.socket.destroy());
    const at = `tcp/127.0.0.1:${server.sip.port},udp/127.0.0.1:${server.sip.port}`;
    expect(await app.ask(`authenticate|${SECRET}|`)).toEqual(['OK', at, expect.stringMatching(/^v0\.9/), at, 'holdfast-relay']);
    expect(await app.ask('ping')).toEqual(['OK', 'pong']);
  });

  it('cannot make drachtio-server drop the connection that everybody shares', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const broken = await stage.app(address);
    const sound = await stage.app(address);
    expect(await broken.ask('route|dance')).toEqual(['NO', 'unsupported verb']);
    expect(await broken.ask('sip|t')).toEqual(['NO', 'no sip message']);
    expect(await broken.ask('sip|t\r\nBYE sip:x SIP/2.0\r\n\r\n')).toEqual(['NO', 'no sip message']);
    expect(await broken.ask('sip|t|\r\nBYE sip:x SIP/2.0\r\n\r\n')).toEqual(['NO', 'BYE cannot be sent by transaction id']);
    expect(await broken.ask('proxy|t')).toEqual(['NO', 'nothing to proxy']);
    const large = say.inDialog('d', 'INFO', 'x'.repeat(12_000));
    expect(await broken.ask(large)).toEqual(['NO', expect.stringMatching(/^a message of 12\d\d\d bytes is too long/)]);
    // 4,000 to 12,000 bytes go alone, also between those of others.
    for (const size of [3_990, 4_500, 9_000, 11_800]) {
      expect(await broken.ask(say.inDialog('d', 'INFO', 'x'.repeat(size)))).toEqual(['NOK', expect.stringContaining('unable to find dialog')]);
    }
    expect(await broken.ask('dance')).toEqual(['NO', 'Unknown message type']);
    await eventually(() => expect(broken.closed).toBe(true));
    sound.socket.write('garbage');
    await eventually(() => expect(sound.closed).toBe(true));
    expect(await (await stage.app(address)).ask('route|invite')).toEqual(['OK']);
    expect(await stage.metric('holdfast_relay_gateway_losses_total{reason="broken"}')).toEqual([expect.stringMatching(/ 1$/)]);
  });

  it('may be newer than the relay: a word that this does not know costs it nothing', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const newer = await stage.app(address, 'one|of|a|newer|version', 'invite');
    expect(await newer.ask('dance|well')).toEqual(['NO', 'Unknown message type']);
    expect(await newer.ask('orphans')).toEqual(['OK', '0']);
    expect(newer.closed).toBe(false);
  });

  it('gets the answers to its own messages, also when another uses the same ids', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const apps = await Promise.all([stage.app(address), stage.app(address)]);
    const { agent, uri } = await stage.phone();
    agent.onRequest((request, transaction) => transaction.reply(200, { headers: { 'X-Asked': request.headers.get('X-Name') ?? '' } }));
    const ids = apps.map((app, index) => app.send(`sip||\r\nOPTIONS ${uri} SIP/2.0\r\nX-Name: ${index}\r\n\r\n`));
    expect(ids[0]).toBe(ids[1]);
    for (const [index, app] of apps.entries()) {
      const transactionId = (await app.reply(ids[index] ?? ''))[10];
      const answer = await app.heard(/X-Asked/);
      expect(answer[8]).toBe(transactionId);
      expect(app.all(/X-Asked/).map((payload) => /X-Asked: (.)/.exec(payload)?.[1])).toEqual([String(index)]);
    }
  });

  it('has its turn for each verb that it wants, until it drains; nobody left is 503 of the server itself', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const one = await stage.app(address, 'one', 'options', 'invite');
    const two = await stage.app(address, 'two', 'options');
    const { agent } = await stage.phone();
    const asked = (): [number, number] => [one.all('OPTIONS sip').length, two.all('OPTIONS sip').length];
    const probe = (): void => void agent.request('OPTIONS', { uri: uriOf(server) });
    for (let i = 0; i < 4; i += 1) probe();
    await eventually(() => expect(asked()).toEqual([2, 2]));
    await one.ask('drain');
    for (let i = 0; i < 2; i += 1) probe();
    await eventually(() => expect(asked()).toEqual([2, 4]));
    // It refuses in its own words.
    await two.ask('drain');
    for (let i = 0; i < 2; i += 1) probe();
    await eventually(() => expect(asked()).toEqual([3, 5]));
    for (const app of [one, two]) await app.ask('remove_route|options');
    expect(await agent.request('OPTIONS', { uri: uriOf(server) })).toMatchObject({ response: { status: 503 } });
    expect(asked()).toEqual([3, 5]);
  });

  it('keeps its other verbs when it, or another one, takes one off', async () => {
    const server = await stage.server();
    const wiretap = await Wiretap.start(server.admin);
    stage.after(() => wiretap.stop());
    const { address } = await stage.relay({ host: '127.0.0.1', port: wiretap.port });
    const one = await stage.app(address, 'one', 'options', 'message');
    const two = await stage.app(address, 'two', 'register');
    await one.ask('remove_route|options');
    const { agent } = await stage.phone();
    void agent.request('MESSAGE', { uri: uriOf(server) });
    void agent.request('REGISTER', { uri: uriOf(server) });
    await one.heard('MESSAGE sip');
    await two.heard('REGISTER sip');
    // drachtio-server has taken it off every verb by now, the embedded server has not.
    expect(String(wiretap.connections[0])).toMatch(/\|remove_route\|options.*\|route\|message.*\|route\|register/s);
    expect(await agent.request('OPTIONS', { uri: uriOf(server) })).toMatchObject({ response: { status: 503 } });
  });

  it('that does not read is closed, and the others are served all the while', async () => {
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const slow = await stage.app(address, 'slow');
    const quick = await stage.app(address, 'quick', 'invite');
    slow.socket.pause();
    // Each refusal is as long as the question asked for nothing; the answers fill what the system and the relay keep.
    const question = encodeFrame(`q|sip||${'d'.repeat(50)}\r\nINFO sip:placeholder SIP/2.0\r\n\r\n`);
    const asking = setInterval(() => {
      if (!slow.closed && slow.socket.writableLength < 1_000_000) slow.socket.write(Buffer.concat(Array.from({ length: 2_000 }, () => question)));
    }, 5);
    const { agent } = await stage.phone();
    const slowest: number[] = [];
    try {
      await eventually(async () => {
        const startedAt = performance.now();
        await quick.ask('ping');
        slowest.push(performance.now() - startedAt);
        expect(await stage.metric('holdfast_relay_gateway_losses_total{reason="slow"}')).toEqual([expect.stringMatching(/ 1$/)]);
      }, 25_000);
    } finally {
      clearInterval(asking);
    }
    expect(Math.max(...slowest)).toBeLessThan(1_000);
    expect(await quick.heard('gateway|down|slow|slow|0')).toHaveLength(6);
    const call = agent.invite({ uri: uriOf(server), body: SDP });
    const heard = heardBy(call);
    const [, , , , , , , , txn = ''] = await quick.heard('INVITE sip:1000');
    quick.send(say.response(txn, '486 Busy Here'));
    await eventually(() => expect(heard).toEqual(['486']));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('may cut its stream anywhere (seed %d)', async (seed) => {
    const random = seededRandom(seed);
    const server = await stage.server();
    const { address } = await stage.relay(server.admin);
    const app = new RawApp(address);
    stage.after(() => void app.socket.destroy());
    app.socket.setNoDelay(true);
    const texts = Array.from({ length: 30 }, (_, index) => (random() < 0.5 ? 'ping' : say.inDialog(`ü${index}`, 'INFO', 'é'.repeat(Math.floor(random() * 3_000)))));
    const stream = Buffer.concat([`authenticate|${SECRET}|`, ...texts].map((text, index) => encodeFrame(`s${index}|${text}`)));
    for (let at = 0; at < stream.length;) {
      const size = 1 + Math.floor(random() ** 4 * 5_000);
      app.socket.write(stream.subarray(at, at + size));
      at += size;
      if (random() < 0.3) await new Promise((next) => setImmediate(next));
    }
    const verdicts = await Promise.all(texts.map(async (_, index) => (await app.reply(`s${index + 1}`))[3]));
    expect(verdicts).toEqual(texts.map((text) => (text === 'ping' ? 'OK' : 'NOK')));
  });
});
