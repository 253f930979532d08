import { AlertLog } from '../../src/tenancy';
import { eventually } from '../support/eventually';
import { type SippResult, type SippRun, startSipp } from '../support/sipp';
import { ACCOUNT, STACK_IS_EMBEDDED, World } from '../support/world';

const OTHER = `AC${'b'.repeat(32)}`;
const HELD = '<Response><Pause length="1"/><Redirect>/hold</Redirect></Response>';
const HANG_UP = '<Response><Hangup/></Response>';

/** Retry-After of each INVITE of a run that was answered 503; a Call-ID counts once. */
function retryAfters({ messages }: SippResult): string[] {
  const refusals = messages.split(/^-{10,}.*$/m).filter((one) => one.includes('received [') && /^SIP\/2\.0 503[\s\S]*^CSeq: 1 INVITE/m.test(one));
  const byCall = new Map(refusals.map((one) => [/^Call-ID: (\S+)/m.exec(one)?.[1], /^Retry-After: (\d+)/m.exec(one)?.[1] ?? 'none']));
  return [...byCall.values()];
}

/** How many calls all gateways of `world` that answer have refused for this reason. */
async function refused(world: World, gateways: number, reason: string, direction = 'inbound'): Promise<number> {
  const pages = await Promise.all(Array.from({ length: gateways }, async (_, index) =>
    fetch(`${world.gatewayUrl(index)}/metrics`).then((answer) => answer.text(), () => '')));
  const line = new RegExp(`^holdfast_capacity_refused_total{direction="${direction}",reason="${reason}"} (\\d+)$`, 'm');
  return pages.reduce((sum, page) => sum + Number(line.exec(page)?.[1] ?? 0), 0);
}

const channels = (world: World, trunk: string): Promise<Record<string, string>> => world.redis.client().hgetall(`hf:{trunk:${trunk}}:calls:live`);

const call = (world: World, to: string, calls: number, rate = 100): Promise<SippRun> =>
  startSipp({ scenario: 'uac-until-bye-or-refusal', remote: world.sip, to, calls, rate, timeoutMs: 60_000 });

async function alertCodes(world: World): Promise<number[]> {
  const log = new AlertLog(world.redis.client());
  return (await log.summaries(ACCOUNT, (await log.list(ACCOUNT)).map(({ sid }) => sid))).map(({ code }) => code);
}

describe('a gateway without room', () => {
  let world: World;
  let isHeld = true;

  beforeAll(async () => {
    world = await World.start({
      numbers: { '1000': '/hold', '1001': '/reject', '1002': '/dial' },
      trunks: [
        { name: 'loopback', sources: ['127.0.0.0/8'] },
        // Nobody answers there.
        { name: 'out', account: ACCOUNT, maxChannels: 1, outbound: { host: '127.0.0.1', port: 9 } },
      ],
      extraConfig: { limits: { callsPerGateway: 4, callsPerSecond: 12, drainMs: 3_000 } },
    });
    world.app
      .on('/hold', () => (isHeld ? HELD : HANG_UP))
      .on('/reject', '<Response><Reject/></Response>')
      .on('/dial', '<Response><Dial timeout="5" action="/dialled"><Number>+15550001</Number><Number>+15550002</Number></Dial></Response>')
      .on('/dialled', HANG_UP)
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const held = () => world.app.requestsTo('/hold');

  it('places no leg on a trunk that is full: the Dial goes on with the others, and the account is told', async () => {
    const run = await call(world, '1002', 1);
    await eventually(async () => expect(await refused(world, 1, 'trunk-full', 'outbound')).toBe(1));
    await eventually(async () => expect(await alertCodes(world)).toContain(32001));
    expect(Object.keys(await channels(world, 'out'))).toHaveLength(1);
    await run.finished;
    const { params } = await world.app.waitForRequest('/dialled');
    expect(params['DialCallStatus']).not.toBe('completed');
    await eventually(async () => expect(await channels(world, 'out')).toEqual({}));
  }, 60_000);

  it('refuses calls beyond its number', async () => {
    const run = await call(world, '1000', 6);
    await eventually(async () => expect(await refused(world, 1, 'over-capacity')).toBe(2));
    await eventually(() => expect(new Set(held().map(({ params }) => params['CallSid'])).size).toBe(4));
    isHeld = false;
    expect(retryAfters(await run.finished)).toEqual(['5', '5']);
  }, 60_000);

  it('refuses all calls while it drains, and ends', async () => {
    isHeld = true;
    const before = held().length;
    // The gateway may have had the calls of this second.
    const runs: SippRun[] = [];
    await eventually(async () => {
      runs.push(await call(world, '1000', 1));
      await eventually(() => expect(held().length).toBeGreaterThan(before), 500);
    }, 10_000);
    if (STACK_IS_EMBEDDED) {
      world.gateway().kill('SIGTERM');
      await eventually(async () => expect((await fetch(`${world.gatewayUrl()}/health/ready`)).status).toBe(503));
      expect(retryAfters(await (await call(world, '1001', 2)).finished)).toEqual(['5', '5']);
    }
    isHeld = false;
    await Promise.all(runs.map(({ finished }) => finished));
  }, 60_000);
});

describe('a gateway with room for calls, but not in this second', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      numbers: { '1001': '/reject', '2000': { voice: '/reject', account: OTHER } },
      limits: { [OTHER]: { inboundCallsPerSecond: 1 } },
      extraConfig: { limits: { callsPerSecond: 12 } },
    });
    world.app.on('/reject', '<Response><Reject/></Response>').on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  it('refuses a caller beyond the rate of his account, then of the gateway, without asking an application', async () => {
    const theirs = await (await call(world, '2000', 5)).finished;
    expect(retryAfters(theirs)).toEqual(['1', '1', '1', '1']);
    expect(await refused(world, 1, 'account-rate')).toBe(4);
    expect(world.app.requestsTo('/reject')).toHaveLength(1);
    const mine = await (await call(world, '1001', 24, 48)).finished;
    expect(retryAfters(mine).length).toBeGreaterThan(5);
    expect(new Set(retryAfters(mine))).toEqual(new Set(['1']));
    expect(await refused(world, 1, 'gateway-rate')).toBe(retryAfters(mine).length);
    expect(world.app.requestsTo('/reject')).toHaveLength(1 + 24 - retryAfters(mine).length);
  }, 60_000);
});

describe('a trunk with two channels on two gateways', () => {
  let world: World;
  let isHeld = true;

  beforeAll(async () => {
    world = await World.start({
      gateways: 2,
      numbers: { '1000': '/hold', '2000': { voice: '/hold', account: OTHER } },
      trunks: [
        { name: 'carrier', account: ACCOUNT, sources: ['127.0.0.0/8'], maxChannels: 2 },
        { name: 'wide', account: OTHER, sources: ['127.0.0.0/8'] },
      ],
      // Room for three channels.
      extraConfig: { limits: { drainMs: 0 }, rtp: { portMin: 40_000, portMax: 40_005 } },
    });
    world.app.on('/hold', () => (isHeld ? HELD : HANG_UP)).on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  it('never has more, also when one of them is killed, and gives each back once', async () => {
    const first = await call(world, '1000', 10);
    await eventually(async () => expect(await refused(world, 2, 'trunk-full')).toBe(8));
    expect(Object.keys(await channels(world, 'carrier'))).toHaveLength(2);
    await eventually(async () => expect(await alertCodes(world)).toContain(32001));

    const runs = [first];
    if (STACK_IS_EMBEDDED) {
      const [owner = ''] = Object.values(await channels(world, 'carrier'));
      const dead = Number(/^gateway-(\d)/.exec(owner)?.[1]);
      await world.killGateway(dead);
      await eventually(async () => {
        const owners = Object.values(await channels(world, 'carrier'));
        expect(owners.map((id) => id.startsWith(`gateway-${1 - dead}`))).toEqual([true, true]);
      }, 10_000);
      expect(retryAfters(await (await call(world, '1000', 2)).finished)).toEqual(['5', '5']);

      // One channel is left, and who is left knows of all three.
      runs.push(await call(world, '2000', 1));
      await eventually(async () => expect(await world.redis.client().hlen(`hf:{${OTHER}}:calls:live`)).toBe(1));
      expect(retryAfters(await (await call(world, '2000', 2)).finished)).toEqual(['5', '5']);
      expect(await refused(world, 2, 'media-full')).toBe(2);
      expect(world.app.requestsTo('/hold').filter(({ params }) => params['To'] === '2000').every(({ params }, _at, all) =>
        params['CallSid'] === all[0]?.params['CallSid'])).toBe(true);
    }
    isHeld = false;
    await Promise.all(runs.map(({ finished }) => finished));
    await eventually(async () => expect(await channels(world, 'carrier')).toEqual({}), 10_000);
  }, 60_000);
});
