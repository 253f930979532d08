import { endEntry } from '../../../src/interpreter/end-entry';
import { settle, stageCall } from './fake-call';

const entry = { accountSid: `AC${'a'.repeat(32)}`, queueSid: `QU${'1'.repeat(32)}`, entryId: 'the-entry', callSid: 'CAcaller' };

it('whose place in a queue cannot be ended goes on after three attempts, and is told of under the token that every gateway would use', async () => {
  let attempts = 0;
  const { ports, call, clock, reports } = stageCall({
    queues: {
      end: () => {
        attempts += 1;
        return Promise.reject(new Error('Redis is away'));
      },
    },
  });
  const ending = endEntry(ports, call, entry, 'bridge-ended', () => 61_000);
  for (let second = 0; second < 3; second += 1) {
    await settle();
    clock.advance(1_000);
  }
  expect(await ending).toEqual({ outcome: 'ended', result: 'bridged', queueTimeMs: 61_000, actionToken: 'the-entry' });
  expect([attempts, reports.length]).toEqual([3, 3]);
});
