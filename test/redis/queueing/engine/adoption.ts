import { eventually } from '../../../support/eventually';
import { expectOutcome, newAccount, newCall, TestGateway } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function adoption(stage: EngineStage): void {
  describe('a caller whose gateway died', () => {
    let living: TestGateway;
    let dying: TestGateway;
    let account: string;

    beforeEach(async () => {
      account = newAccount();
      const graceMs = 600_000;
      living = await new TestGateway(stage.redis, `living-${account}`, { graceMs }).start();
      dying = await new TestGateway(stage.redis, `dying-${account}`, { graceMs }).start();
    });
    afterEach(async () => {
      await living.stop();
      dying.kill();
    });

    const joined = async (gateway: TestGateway) => expectOutcome(await gateway.join(account, 'support', newCall()), 'joined');
    const die = async (): Promise<void> => {
      dying.kill();
      await living.engine.expireGateway(dying.gatewayId);
    };

    it('is passed over but not swept until somebody takes over: then he is served at his place', async () => {
      const first = await joined(dying);
      const second = await joined(living);
      await die();
      expect(expectOutcome(await living.claim(account, 'support', newCall()), 'claimed').entry).toEqual(second.entry);
      expect(await living.engine.view(first.entry)).toMatchObject({ state: 'waiting', position: 1 });
      expect(await living.engine.adopt(first.entry, 2)).toEqual({ outcome: 'adopted', entry: { state: 'waiting' } });
      expect(expectOutcome(await living.claim(account, 'support', newCall()), 'claimed').entry).toEqual(first.entry);
    });

    it('is given to an agent who waited meanwhile, in the moment he is taken over', async () => {
      const { entry } = await joined(dying);
      await die();
      const agent = newCall();
      expectOutcome(await living.claim(account, 'support', agent, { wait: true }), 'waiting');
      const adopted = expectOutcome(await living.engine.adopt(entry, 2), 'adopted');
      expect(adopted.entry).toMatchObject({ state: 'claimed', claim: { agent: { callSid: agent }, gatewayId: living.gatewayId } });
    });

    it('keeps his claim: the bridge begun before is finished by the new gateway, which the agent is told of', async () => {
      const { entry } = await joined(dying);
      const agent = newCall();
      const { token } = expectOutcome(await living.claim(account, 'support', agent, { wait: true }), 'claimed');
      await dying.engine.beginBridge(entry, token);
      await die();
      expect(await living.engine.adopt(entry, 2)).toMatchObject({ outcome: 'adopted', entry: { state: 'bridging', claim: { token } } });
      const heard: string[] = [];
      living.engine.onClaimChanged(account, agent, (change) => {
        if ('callerGatewayId' in change) heard.push(`${change.state} ${change.callerGatewayId === living.gatewayId ? 'here' : 'there'}`);
      });
      expect(await living.engine.markBridged(entry, token)).toEqual({ outcome: 'bridged' });
      await eventually(() => expect(heard.at(-1)).toBe('bridged here'));
    });

    it('who left before he was taken over has his result, and the one token of it', async () => {
      const { entry } = await joined(dying);
      const end = await dying.engine.end(entry, 'leave');
      await die();
      expect(await living.engine.adopt(entry, 2)).toEqual({ outcome: 'ended' });
      expect(await living.engine.end(entry, 'system-error')).toEqual({ ...end, outcome: 'already-ended' });
    });

    it('belongs to the highest epoch, however late the others come', async () => {
      const { entry } = await joined(dying);
      await die();
      expectOutcome(await living.engine.adopt(entry, 3), 'adopted');
      expect(await living.engine.adopt(entry, 2)).toEqual({ outcome: 'stale' });
      expect(await living.engine.adopt({ ...entry, entryId: 'nobody' }, 2)).toEqual({ outcome: 'unknown' });
    });

    it('whom nobody took over in time ends with system-error', async () => {
      const { entry } = await joined(dying);
      const judge = await new TestGateway(stage.redis, `judge-${account}`, { graceMs: 0 }).start();
      await die();
      await judge.engine.expireGateway(dying.gatewayId);
      expect(await living.engine.view(entry)).toMatchObject({ state: 'ended', result: 'system-error' });
      await judge.stop();
    });
  });
}
