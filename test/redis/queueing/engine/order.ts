import { leg, newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function order(stage: EngineStage): void {
  describe('the order', () => {
    it('is first in, first out, with the legs as they were given', async () => {
      const calls = [newCall(), newCall(), newCall()];
      for (const call of calls) await stage.joined(stage.a, call);
      const claims = [await stage.claimedBy(stage.b), await stage.claimedBy(stage.a), await stage.claimedBy(stage.b)];
      expect(claims.map((claim) => claim.caller)).toEqual(calls.map(leg));
      expect(claims.every((claim) => claim.callerGatewayId === 'gateway-a')).toBe(true);
      expect(await stage.a.claim(stage.account, 'support', newCall())).toMatchObject({ outcome: 'empty' });
    });

    it('puts higher priorities first and keeps arrival within one', async () => {
      const [low, high, highest, second] = [newCall(), newCall(), newCall(), newCall()];
      await stage.joined(stage.a, low);
      await stage.joined(stage.a, high, { priority: 5 });
      expect(await stage.joined(stage.a, highest, { priority: 999 })).toMatchObject({ position: 1 });
      expect(await stage.joined(stage.a, second, { priority: 5 })).toMatchObject({ position: 3 });
      const taken: string[] = [];
      for (let n = 0; n < 4; n++) taken.push((await stage.claimedBy(stage.b)).entry.callSid);
      expect(taken).toEqual([highest, high, second, low]);
    });

    it('gives a released caller his place back, before those who came later', async () => {
      const [first, second] = [newCall(), newCall()];
      const entry = (await stage.joined(stage.a, first)).entry;
      await stage.joined(stage.a, second);
      const agent = newCall();
      await stage.claimedBy(stage.b, agent);
      expect(await stage.b.engine.abandonClaim(stage.account, agent)).toEqual({ outcome: 'released', entry });
      expect(await stage.a.engine.view(entry)).toMatchObject({ position: 1, size: 2, state: 'waiting' });
      expect((await stage.claimedBy(stage.a)).entry.callSid).toBe(first);
      expect((await stage.claimedBy(stage.a)).entry.callSid).toBe(second);
    });
  });
}
