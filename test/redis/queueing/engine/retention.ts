import type { ClaimChange } from '../../../../src/queueing';
import { eventually } from '../../../support/eventually';
import { expectOutcome, newAccount, newCall, TestGateway } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function retention(stage: EngineStage): void {
  describe('a claim that is too old', () => {
    it('is released by the heartbeat, and its agent told', async () => {
      const gateway = await new TestGateway(stage.redis, `capped-${stage.account}`, { claimCapMs: 30 }).start();
      const [account, agent] = [newAccount(), newCall()];
      const { entry } = expectOutcome(await gateway.join(account, 'support', newCall()), 'joined');
      const heard: ClaimChange[] = [];
      expectOutcome(await gateway.claim(account, 'support', agent, { wait: true }), 'claimed');
      gateway.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      await eventually(async () => {
        await gateway.engine.heartbeat();
        expect(await gateway.engine.view(entry)).toMatchObject({ state: 'waiting', position: 1 });
      });
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'released' }));
      await gateway.stop();
    });
  });

  describe('what is over', () => {
    it('leaves no keys behind but the queue itself, once the retention has passed', async () => {
      const gatewayId = `tidy-${stage.account}`;
      const gateway = await new TestGateway(stage.redis, gatewayId, { retentionMs: 20 }).start();
      const account = newAccount();
      for (const cause of ['hangup', 'leave', 'bridge-ended'] as const) {
        const { entry } = expectOutcome(await gateway.join(account, 'support', newCall()), 'joined');
        const { token } = expectOutcome(await gateway.claim(account, 'support', newCall()), 'claimed');
        await gateway.engine.beginBridge(entry, token);
        await gateway.engine.end(entry, cause);
      }
      const client = stage.redis.client();
      await eventually(async () => {
        await gateway.engine.heartbeat();
        const left = (await stage.redis.keys(`*{${account}}*`)).filter((key) => !key.includes(':operation:'));
        const names = left.map((key) => key.split(':').at(-1)).sort();
        expect(names.filter((name) => name !== 'leases')).toEqual(['ages', 'names', 'queues', 'sequence']);
      });
      // The replies of the last operations go by themselves.
      for (const key of await stage.redis.keys('*:operation:*')) expect(await client.pttl(key)).toBeGreaterThan(0);
      await eventually(async () => {
        await gateway.engine.heartbeat();
        expect(await client.exists(`hf:{gateways}:accounts:${gatewayId}`)).toBe(0);
      });
      expect(gateway.failures).toEqual([]);
      await gateway.stop();
    });
  });

  describe('when Redis hangs during a join', () => {
    it('the join fails, and a caller who got in all the same is taken out again', async () => {
      const failing = await new TestGateway(stage.redis, `hung-${stage.account}`, { commandTimeoutMs: 300 }).start();
      const account = newAccount();
      await failing.engine.ensureQueue(account, 'support');
      const first = expectOutcome(await failing.join(account, 'support', newCall()), 'joined');
      stage.redis.hang();
      const join = failing.join(account, 'support', newCall());
      await expect(join).rejects.toMatchObject({ code: 'platform-redis-script-failed' });
      stage.redis.resume();
      await eventually(async () => {
        await failing.engine.heartbeat();
        expect(await failing.engine.findQueue(account, 'support')).toMatchObject({ size: 1, waiting: 1 });
      });
      expect(await failing.engine.view(first.entry)).toMatchObject({ state: 'waiting' });
      expect(failing.facts.map((fact) => fact.fact)).toContain('queue-entry.ended');
      await failing.stop();
    });
  });
}
