import { collectDigits } from '../../../src/interpreter/collect-digits';
import { runDocument } from '../../../src/interpreter/run-document';
import { ringBack } from '../../../src/interpreter/dial/ring-tones';
import { renderTones } from '../../../src/embedded/media-server/sounds/tone-script';
import { type GatherVerb, parseDocument, type TwimlDocument } from '../../../src/twiml';
import { RING_TONES } from '../../../src/twiml/ring-tone';
import { settle, stageCall } from './fake-call';

function documentOf(xml: string): { document: TwimlDocument; codes: readonly number[] } {
  const parsed = parseDocument(`<Response>${xml}</Response>`);
  if (!parsed.ok) throw new Error(parsed.message);
  return { document: parsed.document, codes: parsed.warnings.map(({ code }) => code) };
}

function gather(xml: string): { verb: GatherVerb; codes: readonly number[] } {
  const { document, codes } = documentOf(xml);
  const verb = document.verbs[0];
  if (verb?.name !== 'Gather') throw new Error('no Gather');
  return { verb, codes };
}

describe('alerts of the interpreter', () => {
  const url = 'http://app.test/voice';

  it.each([
    ['calleeWhisper', '<Dial>1</Dial>', 13201], ['queueWhisper', '<Dial>1</Dial>', 12200], ['calleeWhisper', '<Reject/>', 12200],
  ] as const)('in a %s document %s is %d and skipped', async (role, xml, code) => {
    const stage = stageCall();
    const end = await runDocument({ ...documentOf(xml), url }, { ...stage.context, role });
    expect(end).toEqual({ next: 'finished' });
    expect(stage.alerts).toMatchObject([{ code, url: stage.context.documentUrl }]);
  });

  it('a verb that we fail to execute is 12400 to the tenant, and in our own log with its cause', async () => {
    const stage = stageCall({ speech: { fileFor: () => Promise.resolve({ path: '/a.wav', durationMs: 1, fellBack: false }) } });
    stage.endpoint.play = () => Promise.reject(new Error('out of order'));
    expect(await runDocument({ ...documentOf('<Say>a</Say>'), url }, stage.context)).toEqual({ next: 'hangup', reason: 'internal-error' });
    expect(stage.alerts).toMatchObject([{ code: 12400 }]);
    expect(stage.reports).toEqual([expect.stringContaining('out of order')]);
  });

  it.each([['<Play>/a.wav</Play>', 13420], ['<Gather timeout="1"><Play>/a.wav</Play></Gather>', 13325]])('audio of %s that is none is %d', async (xml, code) => {
    const stage = stageCall({
      webhooks: { request: () => Promise.resolve({ outcome: 'response', body: Buffer.from('x'), contentType: 'audio/wav' }) },
      audio: { keep: () => Promise.resolve({ outcome: 'failed', code: 13420, message: 'no audio' }) },
    });
    const running = runDocument({ ...documentOf(xml), url }, stage.context);
    await settle();
    stage.clock.advance(2_000);
    await running;
    expect(stage.alerts).toMatchObject([{ code, url: 'http://app.test/a.wav' }]);
  });
});

// Contract 5.7.
describe('a Gather for speech, which nobody here understands', () => {
  it.each(['speech', 'dtmf speech'])('input="%s" is an alert that says so, and keys are heard', async (input) => {
    const { verb, codes } = gather(`<Gather input="${input}" numDigits="2"/>`);
    expect(codes).toEqual([12200]);
    const stage = stageCall();
    const collecting = collectDigits(verb, stage.context);
    await settle();
    stage.endpoint.press('4', '2');
    expect(await collecting).toEqual({ digits: '42', reason: 'num-digits' });
  });
});

describe('ring-back tones', () => {
  it.each(RING_TONES)('%s is a tone that media servers can play, for ever', (country) => {
    const script = ringBack(country).replace('tone_stream://', '');
    expect(renderTones(script)).toMatchObject({ outcome: 'tone', loops: -1 });
  });

  it('is the North American one unless a country is asked for', () => {
    expect(ringBack()).toBe(ringBack('us'));
  });
});
