import { dialIn, requestOf } from '../support/queue-story';
import { runSipp, type SippResult, startSipp } from '../support/sipp';
import {
  answer, callUp, change, expectInvite, expectRequest, hangUp, pause, scenario, sdp, speak, untilBye,
} from '../support/sipp/scenario';
import { World } from '../support/world';

/** Short, so that silence is noticed within the test, and longer than a busy machine needs to begin to send. */
const TIMEOUT_MS = 1_500;
const PAUSE_MS = 2 * TIMEOUT_MS;

/** A far end that sends no audio is gone, unless it said that it would be silent. */
describe('far ends that fall silent', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      numbers: { '1000': '/wait', '1001': '/dial', '1002': '/queue' },
      extraConfig: { media: { timeoutMs: TIMEOUT_MS, holdStream: process.env['HOLDFAST_TEST_HOLD_STREAM'] || (process.env['DRACHTIO_HOST'] ? 'default' : 'holdfast') } },
    });
    world.app
      .on('/wait', '<Response><Gather timeout="60"/></Response>')
      .on('/queue', '<Response><Enqueue waitUrl="" action="/left">silent</Enqueue></Response>')
      .on('/left', '')
      .on('/after', '<Response><Hangup/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const call = (from: string, to: string, ...steps: readonly string[]): Promise<SippResult> => runSipp({
    scenario: scenario(from, ...steps), remote: world.sip, to, from, timeoutMs: 25_000,
  });
  const ended = async (from: string): Promise<Record<string, unknown>> => {
    const status = await world.app.waitForRequest('/status', ({ params }) => String(params['From']).includes(from), 10_000);
    const facts = await world.timeline(String(status.params['CallSid']));
    return { status: status.params['CallStatus'], ...facts.find(({ type }) => type === 'call.completed') };
  };

  it('a caller who sends nothing any more is hung up, and it is said why', async () => {
    const result = await call('goes-silent', '1000', callUp(), speak(0, 1), untilBye());
    expect(result).toMatchObject({ exitCode: 0, successful: 1 });
    expect(await ended('goes-silent')).toMatchObject({ status: 'completed', reason: 'media-timeout', result: 'upstream-error' });
  });

  it('a caller in a queue who is gone leaves it', async () => {
    const result = await call('queue-silent', '1002', callUp(), untilBye());
    expect(result).toMatchObject({ exitCode: 0, successful: 1 });
    const left = await world.app.waitForRequest('/left', ({ params }) => String(params['From']).includes('queue-silent'));
    expect(left.params['QueueResult']).toBe('hangup');
  });

  it('callers on hold (sendonly, inactive) may be silent, and are awaited after it; so may one who offers comfort noise', async () => {
    const holding = [['sendonly', 'recvonly'], ['inactive', 'inactive']].map(([direction = '', answered = '']) => call(`hold-${direction}`, '1000',
      callUp(), speak(0, 1), pause(500),
      change(2, { body: sdp({ direction, version: 2 }) }, { has: [`a=${answered}`] }),
      pause(PAUSE_MS),
      // Still there: asked, it answers.
      change(3, { body: sdp({ version: 3 }) }, { has: ['m=audio'] }),
      untilBye()));
    const comfort = call('comfort', '1000',
      callUp({ body: sdp({ payloads: '0 13 101' }) }), speak(0, 1), pause(1_000), pause(PAUSE_MS), hangUp(2));
    for (const result of await Promise.all([...holding, comfort])) expect(result).toMatchObject({ exitCode: 0, successful: 1 });
    expect(await ended('hold-sendonly')).toMatchObject({ reason: 'media-timeout' });
    expect(await ended('hold-inactive')).toMatchObject({ reason: 'media-timeout' });
    expect(await ended('comfort')).toMatchObject({ reason: 'remote-hangup' });
  });

  it('a callee who rings is not expected to send; one who has answered is', async () => {
    const callee = await startSipp({
      scenario: scenario('rings long', expectInvite(), answer.invite('180 Ringing'), pause(PAUSE_MS),
        answer.invite('200 OK', { body: sdp() }), expectRequest('ACK'), untilBye()),
      timeoutMs: 25_000,
    });
    world.app.on('/dial', `<Response><Dial action="/after"><Sip>${callee.uri}</Sip></Dial></Response>`);
    const party = await dialIn(world, '1001', '/dial', { tone: 500 });
    const after = await requestOf(world, party, '/after', 20_000);
    expect(after.params).toMatchObject({ DialCallStatus: 'completed' });
    expect(await callee.finished).toMatchObject({ exitCode: 0, successful: 1 });
    await party.call.untilEnded({ withinMs: 5_000 });
  });
});
