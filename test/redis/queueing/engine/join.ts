import { expectOutcome, leg, newAccount, newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function joining(stage: EngineStage): void {
  describe('join', () => {
    it('creates the queue on demand and reports position, size and maximum', async () => {
      expect(await stage.joined(stage.a, newCall(), { maxSize: 7 })).toMatchObject({ position: 1, size: 1, maxSize: 7 });
      expect(await stage.joined(stage.b, newCall(), { maxSize: 9 })).toMatchObject({ position: 2, size: 2, maxSize: 7 });
    });

    it('gives one queue to two gateways that name it first at the same moment', async () => {
      const joins = await Promise.all(Array.from({ length: 20 }, (_, n) => stage.joined(n % 2 ? stage.a : stage.b)));
      expect(new Set(joins.map((join) => join.entry.queueSid)).size).toBe(1);
      expect(joins.map((join) => join.position).sort((x, y) => x - y)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });

    it('keeps the queues of two accounts apart', async () => {
      await stage.joined(stage.a);
      expect(await stage.a.claim(newAccount(), 'support', newCall())).toEqual({ outcome: 'unknown-queue' });
    });

    it('is full at its maximum, counting claimed callers until they are bridged', async () => {
      const first = await stage.joined(stage.a, newCall(), { maxSize: 1 });
      const full = { outcome: 'full', of: 'queue', queueSid: first.entry.queueSid, size: 1, maxSize: 1 };
      expect(await stage.b.join(stage.account, 'support', newCall())).toEqual(full);
      const claim = await stage.claimedBy(stage.b);
      expect(await stage.b.join(stage.account, 'support', newCall())).toEqual(full);
      await stage.a.engine.beginBridge(first.entry, claim.token);
      await stage.a.engine.markBridged(first.entry, claim.token);
      expect(await stage.joined(stage.b)).toMatchObject({ position: 1, size: 1 });
    });

    it('refuses names that are too short or too long', async () => {
      expect(await stage.a.join(stage.account, '', newCall())).toEqual({ outcome: 'invalid-name', code: 14204 });
      expect(await stage.a.join(stage.account, 'x'.repeat(65), newCall())).toEqual({ outcome: 'invalid-name', code: 14205 });
    });

    it('does not take a call twice', async () => {
      const call = newCall();
      const first = await stage.joined(stage.a, call);
      expect(await stage.b.join(stage.account, 'sales', call)).toEqual({ outcome: 'already-waiting', entry: first.entry });
      await stage.a.engine.end(first.entry, 'leave');
      expectOutcome(await stage.a.join(stage.account, 'sales', call), 'joined');
    });

    it('takes requests for its own gateway only', async () => {
      const request = { accountSid: stage.account, queueName: 'support', leg: leg(newCall()), gatewayId: 'gateway-z', epoch: 1 };
      await expect(stage.a.engine.join(request)).rejects.toMatchObject({ code: 'queueing-foreign-gateway' });
    });
  });
}
