import { executeEnqueue } from '../../../src/interpreter/verbs/enqueue';
import { enqueueVerb, stageApp } from './fake-app';

describe('a caller who hangs up while Redis does not answer his joining', () => {
  it('is told of when it answers, as the one result that his entry has: the joining may have been done', async () => {
    const away = new Error('Command timed out');
    let isAway = true;
    const ended: string[] = [];
    const stage = stageApp({}, {
      join: () => Promise.reject(away),
      entryOfCall: () => (isAway ? Promise.reject(away) : Promise.resolve({ queueSid: 'QU1', entryId: 'entry' })),
      end: ({ entryId }: { entryId: string }, cause: string) => {
        ended.push(`${entryId} ${cause}`);
        return Promise.resolve({ outcome: 'ended', result: 'hangup', queueTimeMs: 1_000, actionToken: 'of the entry' });
      },
    });
    const outcome = executeEnqueue(enqueueVerb('action="/after" waitUrl=""'), stage.context);
    await stage.pass(1);
    stage.call.end('remote-hangup');
    let isTold = false;
    void outcome.then(() => (isTold = true));
    await stage.pass(10);
    expect(isTold).toBe(false);
    isAway = false;
    await stage.pass(1);
    expect(await outcome).toMatchObject({ target: { params: { QueueResult: 'hangup', QueueSid: 'QU1' } } });
    expect(ended).toEqual(['entry hangup']);
  });
});
