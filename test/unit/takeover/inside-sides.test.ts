import { Call } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import type { MediaEndpoint } from '../../../src/media';
import { InsideSides } from '../../../src/takeover/inside-sides';
import { fakePool, settle } from '../media/fake-server';

describe('the two sides of a call that never left the gateway, after that has died', () => {
  async function sides() {
    const { clock, pool, servers: [server] } = fakePool(['a']);
    const ports = { clock, events: new EventBus(() => undefined), save: () => undefined, report: () => undefined };
    const identity = { accountSid: `AC${'a'.repeat(32)}`, from: '+1', to: '2' };
    const caller = new Call({ ...identity, direction: 'inbound' }, ports);
    const calling = new Call({ ...identity, direction: 'outbound-dial' }, ports);
    caller.addLeg(calling);
    const called = new Call({ ...identity, direction: 'inbound' }, ports);
    const [near, far] = [await pool.createEndpoint('far', 'a'), await pool.createEndpoint('far', 'a')];
    return { clock, caller, calling, called, near, far, inside: new InsideSides(clock, pool), channels: () => server?.channelCount };
  }
  const side = (call: Call, endpoint: MediaEndpoint) => ({ call, endpoint });

  it.each(['the calling one', 'the called one'])('are a pair again, whichever comes first (%s), and end with each other', async (first) => {
    const { calling, called, near, far, inside, channels } = await sides();
    const come = [
      () => inside.join(side(calling, near), called.sid),
      () => inside.join(side(called, far), calling.sid),
    ];
    if (first === 'the called one') come.reverse();
    await Promise.all(come.map((one) => one()));
    expect([calling.endpoint, called.endpoint]).toEqual([near, far]);
    expect(calling.insideWith).toEqual({ callSid: called.sid, legSid: called.sid });
    expect(called.insideWith).toEqual({ callSid: calling.parent?.sid, legSid: calling.sid });
    calling.end('local-hangup');
    await settle();
    expect([called.endReason, channels()]).toEqual(['remote-hangup', 0]);
  });

  it.each(['calling', 'called'] as const)('end both when the %s one has ended since', async (which) => {
    const { calling, called, near, far, inside, channels } = await sides();
    (which === 'calling' ? calling : called).end('local-hangup');
    await Promise.all([inside.join(side(calling, near), called.sid), inside.join(side(called, far), calling.sid)]);
    await settle();
    expect([calling.ended, called.ended, channels()]).toEqual([true, true, 0]);
  });

  it('one whose other side does not come ends as that of somebody who hung up, and leaves no channel', async () => {
    const { clock, caller, calling, called, near, inside, channels } = await sides();
    const joining = inside.join(side(calling, near), called.sid);
    await settle();
    clock.advance(4_900);
    await settle();
    expect(calling.ended).toBe(false);
    clock.advance(200);
    await joining;
    expect([calling.endReason, caller.ended, channels()]).toEqual(['remote-hangup', false, 1]);
  });
});
