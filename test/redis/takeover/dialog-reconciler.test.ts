import { CallStore } from '../../../src/calls';
import { DrachtioConnection, type IncomingInvite } from '../../../src/dialogs';
import { systemClock } from '../../../src/lib';
import { DialogReconciler } from '../../../src/takeover';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { heardBy, RelayStage, SDP, SECRET, uriOf } from '../../support/relay-stage';

const ACCOUNT = `AC${'d'.repeat(32)}`;
const stage = new RelayStage();

describe('dialogs of a dead gateway', () => {
  let server: TestRedis;
  beforeAll(async () => (server = await startRedis()));
  afterAll(() => server.stop());
  afterEach(() => stage.clear());

  it('that no record tells of are ended, and no others', async () => {
    const sip = await stage.server();
    const { relay, address } = await stage.relay(sip.admin);
    const gateway = async (gatewayId: string) => {
      const connection = new DrachtioConnection({ ...address, secret: SECRET, gatewayId });
      const invites: IncomingInvite[] = [];
      connection.on('invite', (invite) => void invites.push(invite));
      await connection.start();
      await eventually(() => expect(connection.relayed).toBe(true));
      return { connection, invites };
    };
    const dead = await gateway('dead');
    const { agent } = await stage.phone();
    const take = async (index: number) => {
      const call = agent.invite({ uri: uriOf(sip), body: SDP });
      const heard = heardBy(call);
      await eventually(() => expect(dead.invites).toHaveLength(index + 1));
      const dialog = await dead.invites[index]?.accept(SDP);
      await eventually(() => expect(call.established).toBe(true));
      return { heard, dialogId: dialog?.id ?? '' };
    };
    const [forgotten, recorded, ofMedia] = [await take(0), await take(1), await take(2)];
    const living = await gateway('living');
    stage.after(() => living.connection.stop());

    const store = new CallStore({
      redis: server.client(), clock: systemClock, gatewayId: 'living', report: () => undefined, onFenced: () => undefined,
    });
    await server.client().sadd('hf:{gateways}:calls:v1:living', ACCOUNT);
    await server.client().hset(`hf:{${ACCOUNT}}:calls:v1:records`, {
      CA1: `2 living ${JSON.stringify({ callSid: 'CA1', dialogId: recorded.dialogId })}`,
      CA2: `2 living ${JSON.stringify({ callSid: 'CA2', legs: [{ media: { dialogId: ofMedia.dialogId } }] })}`,
    });
    dead.connection.stop();
    await eventually(async () => expect(await living.connection.orphans()).toHaveLength(3));

    const reports: string[] = [];
    const clock = new ManualClock();
    const reconciler = new DialogReconciler({
      clock, drachtio: living.connection, store, gateways: () => Promise.resolve(['living']), report: (message) => reports.push(message),
    });
    await reconciler.look();
    expect([await living.connection.orphans(), reports]).toMatchObject([{ length: 3 }, []]);
    await reconciler.look();
    await eventually(() => expect(forgotten.heard).toEqual(['200', 'ended by remote']));
    expect(reports).toEqual([expect.stringContaining(forgotten.dialogId)]);
    expect([recorded.heard, ofMedia.heard]).toEqual([['200'], ['200']]);
    expect(relay.dialogCount).toBe(2);
    // By itself, when records are lost, too: those two have been looked at before.
    reconciler.start();
    stage.after(() => reconciler.stop());
    await server.client().del(`hf:{${ACCOUNT}}:calls:v1:records`);
    clock.advance(10_000);
    await eventually(() => expect([recorded.heard, ofMedia.heard]).toEqual([['200', 'ended by remote'], ['200', 'ended by remote']]));
  });
});
