import { eventually } from '../support/eventually';
import { dialIn, type Party, requestOf } from '../support/queue-story';
import { hasSipp, type SippRun, startSipp } from '../support/sipp';
import { answer, expectInvite, expectRequest, pause, scenario, sdp, speak, untilBye } from '../support/sipp/scenario';
import { World } from '../support/world';

const NETWORK_HZ = 700;
/** Half of our ring tone, which the network does not have. */
const RING_HZ = 480;

/** What a carrier's network says before anybody answers reaches the caller (RFC 3960). */
(hasSipp() ? describe : describe.skip)('a callee whose network speaks before the answer', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ numbers: { '1000': '/dial' } });
    world.app.on('/done', '<Response><Hangup/></Response>').on('/whisper', '<Response><Pause length="1"/></Response>').on('/status', '');
  });
  afterAll(() => world?.stop());

  const callee = (name: string, steps: readonly string[]): Promise<SippRun> =>
    startSipp({ scenario: scenario(name, ...steps), timeoutMs: 20_000, tone: NETWORK_HZ });
  const dial = (nouns: string, attributes = ''): Promise<Party> => {
    world.app.on('/dial', `<Response><Dial timeout="15" action="/done" ${attributes}>${nouns}</Dial></Response>`);
    return dialIn(world, '1000', '/dial', { tone: 400 });
  };
  const factsOf = async ({ callSid }: Party): Promise<string[]> => (await world.timeline(callSid)).map(({ type }) => type);
  const announced = [expectInvite(), answer.invite('183 Session Progress', { body: sdp() }), speak()];
  const heard = ({ call }: Party): Promise<unknown> => call.audio.waitForTone(NETWORK_HZ, { withinMs: 10_000, fromAt: 0 });

  it('is heard, and its refusal ends the Dial', async () => {
    const network = await callee('announcement', [...announced, pause(1_500), answer.invite('404 Not Found'), expectRequest('ACK')]);
    const caller = await dial(`<Sip>${network.uri}</Sip>`);
    await heard(caller);
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'failed', DialBridged: 'false' });
    expect(await factsOf(caller)).not.toContain('legs.bridged');
    expect(await network.finished).toMatchObject({ exitCode: 0 });
    await caller.call.untilEnded({ withinMs: 5_000 });
  });

  it('is heard before the answer, and the conversation goes on from it', async () => {
    const network = await callee('answered-later', [
      ...announced, pause(1_500), answer.invite('200 OK', { body: sdp() }), expectRequest('ACK'), untilBye(),
    ]);
    const caller = await dial(`<Sip>${network.uri}</Sip>`);
    await heard(caller);
    expect(await factsOf(caller)).not.toContain('legs.bridged');
    await eventually(async () => expect(await factsOf(caller)).toContain('legs.bridged'), 5_000);
    const bridgedAt = Date.now();
    await caller.call.audio.waitForTone(NETWORK_HZ, { withinMs: 5_000, fromAt: bridgedAt });
    await caller.call.hangup();
    expect(await network.finished).toMatchObject({ exitCode: 0 });
  });

  it('gives way to our ring tone when the next one is rung', async () => {
    const busy = await callee('busy-with-words', [...announced, pause(1_000), answer.invite('486 Busy Here'), expectRequest('ACK')]);
    const next = await callee('next', [
      expectInvite(), answer.invite('180 Ringing'), pause(2_000), answer.invite('200 OK', { body: sdp() }), expectRequest('ACK'), untilBye(),
    ]);
    const caller = await dial(`<Sip>${busy.uri}</Sip><Sip>${next.uri}</Sip>`, 'sequential="true"');
    await heard(caller);
    expect(await busy.finished).toMatchObject({ exitCode: 0 });
    const announcedUntil = caller.call.audio.lastTimeOf(NETWORK_HZ) ?? 0;
    await caller.call.audio.waitForTone(RING_HZ, { withinMs: 8_000, fromAt: announcedUntil });
    await caller.call.hangup();
    await next.stop();
  });

  it('is no part of the whisper, which only the callee hears', async () => {
    const network = await callee('whispered', [
      ...announced, pause(500), answer.invite('200 OK', { body: sdp() }), expectRequest('ACK'), untilBye(),
    ]);
    const caller = await dial(`<Sip url="/whisper">${network.uri}</Sip>`);
    await heard(caller);
    await world.app.waitForRequest('/whisper', ({ params }) => params['ParentCallSid'] === caller.callSid, 5_000);
    await caller.call.audio.waitForTone(RING_HZ, { withinMs: 5_000, fromAt: 0 });
    await eventually(async () => expect(await factsOf(caller)).toContain('legs.bridged'), 5_000);
    await caller.call.hangup();
    await network.stop();
  });
});
