import { toneShare } from '../../src/phone';
import { Baresip } from '../support/baresip';
import { dialIn, requestOf } from '../support/queue-story';
import { runSipp } from '../support/sipp';
import { caller, callUp, expectResponse, pause, scenario, untilBye } from '../support/sipp/scenario';
import { World } from '../support/world';

/** Keys and codecs as other people's phones send them. */
describe('keys and codecs of carriers and phones', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ numbers: { '1000': '/menu', '1001': '/three', '2000': '/agent', '2001': '/queue' } });
    world.app
      .on('/menu', '<Response><Gather numDigits="4" timeout="10" action="/digits"/></Response>')
      .on('/three', '<Response><Gather numDigits="3" timeout="10" action="/digits"/></Response>')
      .on('/digits', '<Response><Hangup/></Response>')
      .on('/queue', '<Response><Enqueue waitUrl="">codecs</Enqueue></Response>')
      .on('/agent', '<Response><Dial><Queue>codecs</Queue></Dial></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  it('INFO of both forms are keys in Gather, whatever else INFO says', async () => {
    const info = (cseq: number, type: string, body: string): string =>
      [caller.request('INFO', cseq, { type, body }), expectResponse(200)].join('\n');
    const result = await runSipp({
      // Nobody presses a key in the moment of the answer, and Gather listens a moment after it.
      scenario: scenario('keys by INFO', callUp(), pause(300),
        info(2, 'application/dtmf-relay', 'Signal=1\nDuration=160'),
        info(3, 'application/dtmf', '2'),
        info(4, 'text/plain', '9'),
        info(5, 'application/dtmf-relay', 'Signal=10\nDuration=160'),
        info(6, 'application/dtmf-relay', 'Signal= 4\nDuration= 100'),
        untilBye()),
      remote: world.sip, to: '1000', from: 'info-keys', timeoutMs: 15_000,
    });
    expect(result).toMatchObject({ exitCode: 0, successful: 1 });
    const digits = await world.app.waitForRequest('/digits', ({ params }) => String(params['From']).includes('info-keys'));
    expect(digits.params['Digits']).toBe('12*4');
  });

  it('a phone that presses each key in its media and by INFO is heard once', async () => {
    const party = await dialIn(world, '1001', '/three');
    await party.call.untilAnswered({ withinMs: 5_000 });
    await party.call.sendDigits('7');
    await party.call.sendDtmfInfo('7');
    await party.call.sendDigits('8');
    await party.call.sendDtmfInfo('8');
    await party.call.sendDigits('9');
    expect((await requestOf(world, party, '/digits')).params['Digits']).toBe('789');
    await party.call.untilEnded({ withinMs: 5_000 });
  });

  it.each(['rtpevent', 'info'] as const)('baresip presses keys by %s', async (keys) => {
    const phone = await Baresip.start({ user: `by-${keys}`, keys });
    try {
      await phone.dial(world.uri('1000'));
      await phone.waitForEvent('CALL_ESTABLISHED');
      await phone.pressKeys('30*9');
      const digits = await world.app.waitForRequest('/digits', ({ params }) => String(params['From']).includes(`by-${keys}`), 12_000);
      expect(digits.params['Digits']).toBe('30*9');
      await phone.waitForEvent('CALL_CLOSED');
    } finally {
      await phone.stop();
    }
  });

  it.each([['PCMU', 500], ['PCMA', 800], ['G722', 1_100]] as const)('baresip with %s is heard by an agent, and hears him', async (codec, tone) => {
    const phone = await Baresip.start({ user: `in-${codec}`, codec, tone });
    try {
      await phone.dial(world.uri('2001'));
      await phone.waitForEvent('CALL_ESTABLISHED');
      const agent = await dialIn(world, '2000', '/agent', { tone: 1_700 });
      await agent.call.audio.waitForTone(tone, { withinMs: 10_000, fromAt: 0 });
      // Long enough for its recording to have the tone.
      await agent.call.audio.waitForTone(tone, { withinMs: 5_000, fromAt: performance.timeOrigin + performance.now() + 500 });
      await phone.hangup();
      await agent.call.hangup();
      await phone.waitForEvent('CALL_CLOSED');
      const [heard] = await phone.heard();
      expect(heard && toneShare(heard.subarray(-2_000), 1_700)).toBeGreaterThan(0.5);
    } finally {
      await phone.stop();
    }
  });
});
