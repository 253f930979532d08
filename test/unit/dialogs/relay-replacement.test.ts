import { DrachtioConnection, type IncomingInvite } from '../../../src/dialogs';
import type { Relay } from '../../../src/relay';
import type { IncomingCall } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { heardBy, heardByCallee, RelayStage, SDP, SECRET, uriOf } from '../../support/relay-stage';

const stage = new RelayStage();
afterEach(() => stage.clear());

const ANSWER = SDP.replace('o=x', 'o=gateway');

type At = { readonly host: string; readonly port: number };

async function gateway(at: At, gatewayId: string) {
  const connection = new DrachtioConnection({ ...at, secret: SECRET, gatewayId });
  const invites: IncomingInvite[] = [];
  const downs: string[] = [];
  let lost = 0;
  connection.on('invite', (invite) => void invites.push(invite));
  connection.on('gateway-down', (id) => void downs.push(id));
  connection.on('disconnected', () => (lost += 1));
  await connection.start();
  let running = true;
  const die = (): void => {
    if (running) connection.stop();
    running = false;
  };
  stage.after(die);
  await eventually(() => expect(connection.relayed).toBe(true));
  return { connection, invites, downs, die, lost: () => lost };
}

async function setUp() {
  const server = await stage.server();
  const { relay: old, address } = await stage.relay(server.admin);
  const one = await gateway(address, 'one');
  const { agent } = await stage.phone();
  const place = () => {
    const call = agent.invite({ uri: uriOf(server), body: SDP });
    return { call, heard: heardBy(call) };
  };
  const take = async () => {
    const before = one.invites.length;
    const { call, heard } = place();
    await eventually(() => expect(one.invites).toHaveLength(before + 1));
    const dialog = await one.invites[before]?.accept(ANSWER);
    if (!dialog) throw new Error('no dialog');
    await eventually(() => expect(call.established).toBe(true));
    return { call, heard, dialog };
  };
  /** A relay that waits for the place of the old one, and gets it. */
  const replace = async (replaced = old): Promise<Relay> => {
    const next = stage.relay(server.admin, { listen: { ...address, secret: SECRET }, portWaitMs: 5_000 });
    await new Promise<void>((resolve) => replaced.drain(resolve));
    const { relay, address: taken } = await next;
    expect(taken).toEqual(address);
    await eventually(() => expect(replaced.isLeft).toBe(true));
    return relay;
  };
  return { old, address, one, place, take, replace };
}

describe('a gateway whose relay is replaced', () => {
  it('keeps the dialogs that began at the old one, in either direction, and begins new ones at the new one', async () => {
    const { old, one, take, replace } = await setUp();
    const before = await take();
    const other = await take();
    const next = await replace();
    await eventually(() => expect(next.dialogCount + old.dialogCount).toBe(2));
    const after = await take();
    await eventually(() => expect([old.dialogCount, next.dialogCount]).toEqual([2, 1]));
    // What far ends say, and what we say.
    const said: string[] = [];
    before.dialog.on('bye', () => said.push('before'));
    after.dialog.on('bye', () => said.push('after'));
    await Promise.all([before.call.bye(), after.call.bye(), other.dialog.bye()]);
    expect(said.sort()).toEqual(['after', 'before']);
    await eventually(() => expect(other.heard).toEqual(['200', 'ended by remote']));
    await eventually(() => expect([old.idle, next.idle]).toEqual([true, true]));
    expect(one.lost()).toBe(0);
  });

  it('hears of the answer to an INVITE that it sent over the old one', async () => {
    const { one, old, replace } = await setUp();
    const { agent, uri } = await stage.phone('bob');
    const ringing = new Promise<IncomingCall>((resolve) => agent.onInvite((call) => {
      call.ring(180);
      resolve(call);
    }));
    const invite = one.connection.invite({ uri, sdp: SDP });
    const call = await ringing;
    const heard = heardByCallee(call);
    await replace();
    call.accept({ body: SDP });
    const final = await invite.final;
    if (final.outcome !== 'answered') throw new Error(final.reason);
    await eventually(() => expect(heard).toEqual(['ack']));
    await final.dialog.bye();
    await eventually(() => expect([heard, old.idle]).toEqual([['ack', 'ended by remote'], true]));
  });

  it('takes every INVITE that comes meanwhile', async () => {
    const { one, place, replace } = await setUp();
    const calls = [place()];
    let replaced = false;
    const replacing = replace().then(() => (replaced = true));
    for (let after = 0; after < 10; after += replaced ? 1 : 0) {
      calls.push(place());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await replacing;
    await eventually(() => expect(one.invites).toHaveLength(calls.length));
    await Promise.all(one.invites.map((invite) => invite.accept(ANSWER)));
    await eventually(() => expect(calls.map(({ heard }) => heard)).toEqual(calls.map(() => ['200'])));
  });

  it('can die: its dialogs at the old one are adopted by a gateway that came later', async () => {
    const { one, old, address, take, replace } = await setUp();
    const { call, dialog } = await take();
    await replace();
    const { call: newer, dialog: newerDialog } = await take();
    const two = await gateway(address, 'two');
    one.die();
    await eventually(() => expect(two.downs).toContain('one'));
    const adopted = two.connection.takeOver(dialog.id, 1_000, ANSWER);
    const adoptedNewer = two.connection.takeOver(newerDialog.id, 1_000, ANSWER);
    const byes: string[] = [];
    adopted.dialog.on('bye', () => byes.push('old'));
    adoptedNewer.dialog.on('bye', () => byes.push('new'));
    expect(await adopted.outcome).toEqual({ outcome: 'adopted', state: 'confirmed' });
    expect(await adoptedNewer.outcome).toEqual({ outcome: 'adopted', state: 'confirmed' });
    await Promise.all([call.bye(), newer.bye()]);
    expect(byes.sort()).toEqual(['new', 'old']);
    await eventually(() => expect(old.idle).toBe(true));
    expect(await two.connection.takeOver(dialog.id, 2_000, ANSWER).outcome).toEqual({ outcome: 'unknown' });
  });

  it('comes to the third when the second is replaced before the first is over', async () => {
    const { old, one, address, take, replace } = await setUp();
    const first = await take();
    const second = await replace();
    const { dialog } = await take();
    const third = await replace(second);
    const last = await take();
    await eventually(() => expect([old.dialogCount, second.dialogCount, third.dialogCount]).toEqual([1, 1, 1]));
    // Whoever comes now reaches all three.
    const two = await gateway(address, 'two');
    one.die();
    await eventually(() => expect(two.downs).toContain('one'));
    const adopted = [first.dialog, dialog, last.dialog].map(({ id }) => two.connection.takeOver(id, 1_000, ANSWER));
    expect(await Promise.all(adopted.map(async ({ outcome }) => (await outcome).outcome))).toEqual(['adopted', 'adopted', 'adopted']);
  });
});
