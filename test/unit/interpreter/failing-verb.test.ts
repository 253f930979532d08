import { parseDocument } from '../../../src/twiml';
import type { DocumentRole, VerbContext } from '../../../src/interpreter/verb-context';
import { type AppStage, stageApp } from './fake-app';

async function run(inner: string, role: DocumentRole = 'program', ports: object = {}): Promise<AppStage> {
  const stage = stageApp({}, {});
  Object.assign(stage.ports, ports);
  const parsed = parseDocument(`<Response>${inner}</Response>`);
  if (!parsed.ok) throw new Error(parsed.message);
  const context: VerbContext = { ...stage.context, role };
  const ended = context.runDocument({ document: parsed.document, url: context.documentUrl }, context);
  await stage.pass(8);
  await ended;
  return stage;
}

const codes = ({ alerts }: AppStage): number[] => alerts.map(({ code }) => code);

describe('a verb that fails by our own fault', () => {
  it('is an alert (12400), and the operator is told why', async () => {
    const broken = { play: () => Promise.reject(new Error('the disk is full')) };
    const stage = stageApp({}, {});
    Object.assign(stage.endpoint, broken);
    const parsed = parseDocument('<Response><Pause length="2"/></Response>');
    if (!parsed.ok) throw new Error(parsed.message);
    const end = await stage.context.runDocument({ document: parsed.document, url: stage.context.documentUrl }, stage.context);
    expect(end.next).toBe('hangup');
    expect(codes(stage)).toEqual([12400]);
    expect(stage.alerts[0]?.message).not.toContain('disk');
    expect(stage.reports.join()).toContain('the disk is full');
  });
});

describe('a Dial', () => {
  it('on the leg of a callee is ignored (13201)', async () => {
    expect(codes(await run('<Dial>+15550101</Dial>', 'calleeWhisper'))).toEqual([13201]);
  });

  it('to where there is no way is an alert (13224)', async () => {
    expect(codes(await run('<Dial>+15550101</Dial>', 'program', { dialer: { place: () => Promise.resolve(undefined) } }))).toEqual([13224]);
  });
});

describe('audio that is none', () => {
  const audio = { keep: () => Promise.resolve({ outcome: 'failed', code: 13420, message: 'no audio' }) };
  const webhooks = {
    request: ({ url }: { url: string }) => Promise.resolve({ outcome: 'response', status: 200, contentType: 'audio/wav', body: Buffer.alloc(1), url }),
  };

  it('in a Gather is 13325, elsewhere 13420, and the program goes on', async () => {
    expect(codes(await run('<Play>/a.wav</Play><Pause length="1"/>', 'program', { audio, webhooks }))).toEqual([13420]);
    expect(codes(await run('<Gather timeout="1"><Play>/a.wav</Play></Gather>', 'program', { audio, webhooks }))).toEqual([13325]);
  });
});
