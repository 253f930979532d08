import { LossRecovery } from '../../../src/queueing/loss-recovery';
import { OwnRecords } from '../../../src/queueing/own-records';
import type { QueueOperations } from '../../../src/queueing/queue-operations';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';

describe('what Redis has lost', () => {
  const clock = new ManualClock();
  const failures: string[] = [];
  let fails = 0;
  let matched = 0;
  const recovery = new LossRecovery(new OwnRecords('gateway-1'), { run: async () => ({ outcome: 'held' }) } as unknown as QueueOperations, {
    gatewayId: 'gateway-1', leaseMs: 6_000, claimCapMs: 120_000, settleMs: 3_000, finishFirst: async () => undefined,
    matchAll: async () => {
      if (fails-- > 0) throw new Error('Command timed out');
      matched += 1;
    },
    onReasserted: () => undefined, onFailure: ({ message }) => failures.push(message),
  }, clock);
  const secondsPass = (check: () => void): Promise<void> => eventually(() => {
    clock.advance(1_000);
    check();
  });

  it('is settled also when Redis does not answer at that moment', async () => {
    fails = 2;
    await recovery.recover('AC1');
    await secondsPass(() => expect(matched).toBe(1));
    expect(failures).toEqual(Array(2).fill('settling of AC1: Command timed out'));
  });

  it('is left to others once this gateway stops', async () => {
    fails = 1;
    failures.length = 0;
    await recovery.recover('AC1');
    recovery.stop();
    await secondsPass(() => expect(failures).toHaveLength(1));
    clock.advance(60_000);
    expect(matched).toBe(1);
  });
});
