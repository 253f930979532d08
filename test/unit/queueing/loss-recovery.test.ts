import { systemClock } from '../../../src/lib';
import { LossRecovery } from '../../../src/queueing/loss-recovery';
import { OwnRecords } from '../../../src/queueing/own-records';
import type { QueueOperations } from '../../../src/queueing/queue-operations';

const ACCOUNT = `AC${'a'.repeat(32)}`;

it('does not bring back an agent who leaves while the others are written back', async () => {
  const own = new OwnRecords('gateway-1', () => undefined);
  const agents = Array.from({ length: 100 }, (_, index) => `CA${index}`);
  for (const callSid of agents) {
    const agent = { callSid, from: '+1', to: '1000', endpointUuid: callSid, mediaServer: 'media-1' };
    const claim = { accountSid: ACCOUNT, queueName: 'support', agent, gatewayId: 'gateway-1', epoch: 1, wait: true };
    own.holdTicket(claim, { ticket: `ticket of ${callSid}`, queueSid: 'QU1', score: '1' }, 100);
  }
  const writtenBack: string[] = [];
  const operations = {
    run: () => Promise.resolve({ outcome: 'held' }),
    runWhereItIs: (_name: string, _account: string, _sid: string, args: () => { callSid: string }) => {
      writtenBack.push(args().callSid);
      own.drop('claim', 'CA99');
      return Promise.resolve({ outcome: 'reasserted' });
    },
  } as unknown as QueueOperations;
  const counts: number[] = [];
  const recovery = new LossRecovery(own, operations, {
    gatewayId: 'gateway-1', leaseMs: 6_000, claimCapMs: 60_000, settleMs: 60_000, finishFirst: () => Promise.resolve(), matchAll: () => Promise.resolve(),
    onReasserted: (_account, records) => counts.push(records), onFailure: (failure) => { throw failure; },
  }, { ...systemClock, after: () => ({ cancel: () => undefined }) });
  await recovery.recover(ACCOUNT);
  expect(writtenBack).toEqual(agents.slice(0, 99));
  expect(counts).toEqual([99]);
});
