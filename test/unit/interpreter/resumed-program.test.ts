import type { DocumentText } from '../../../src/calls';
import { runProgram } from '../../../src/interpreter';
import { ACCOUNT, settle, type Stage, stageCall } from './fake-call';

/** What ioredis says of a command that got no answer. */
const noAnswer = (): Error => new Error('Command timed out');

describe('a program that another gateway has begun', () => {
  const text: DocumentText = { contentType: 'text/xml', body: Buffer.from('<Response><Pause length="5"/><Pause length="60"/></Response>') };
  const entry = { url: 'http://app.test/voice', method: 'POST' as const };

  /** Redis answers at the third attempt. */
  const begun = (): Stage & { readonly running: Promise<void>; readonly reads: unknown[] } => {
    const reads: (DocumentText | Error)[] = [noAnswer(), noAnswer(), text];
    const read = async (): Promise<DocumentText | undefined> => {
      const next = reads.shift();
      if (next instanceof Error) throw next;
      return next;
    };
    const stage = stageCall({ keptDocuments: { keep: () => 'kept', read } });
    stage.call.progress = { step: 'verb', document: 'kept', documentUrl: entry.url, documentMethod: 'POST', verbIndex: 1, verb: 'Pause' };
    return { ...stage, reads, running: runProgram(stage.call, { account: ACCOUNT, entry }, stage.ports) };
  };
  const twoSeconds = async ({ clock }: Stage): Promise<void> => {
    for (let half = 0; half < 4; half += 1) {
      await settle();
      clock.advance(500);
    }
    await settle();
  };

  it('is carried on when Redis, which is away at the takeover, answers again', async () => {
    const stage = begun();
    await twoSeconds(stage);
    expect([stage.reads, stage.call.ended]).toEqual([[], false]);
    stage.call.end('remote-hangup');
    await stage.running;
    expect(stage.call.endReason).toBe('remote-hangup');
  });

  it('is carried on also when the caller goes meanwhile: somebody may have to be told of it', async () => {
    const stage = begun();
    await settle();
    stage.call.end('remote-hangup');
    await twoSeconds(stage);
    expect(stage.reads).toEqual([]);
    await stage.running;
  });
});
