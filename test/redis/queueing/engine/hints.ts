import { parseRecord } from '../../../../src/queueing/queue-replies';
import { eventually } from '../../../support/eventually';
import { newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function hints(stage: EngineStage): void {
  describe('a hint', () => {
    const ticketsKey = (): string => `hf:{${stage.account}}:queueing:tickets`;
    const ticketOf = async (agent: string): Promise<string> => (await stage.redis.client().hget(ticketsKey(), agent)) ?? '';
    const publish = async (record: string): Promise<void> => void (await stage.redis.client().publish('hf:gateway:gateway-b', record));
    /** The record with some members of its JSON replaced. */
    const changed = (record: string, members: Record<string, unknown>): string => {
      const [name = '', row = '', ...legs] = record.split('\n');
      return [name, JSON.stringify({ ...(JSON.parse(row) as object), ...members }), ...legs].join('\n');
    };
    async function listening(agent: string): Promise<string[]> {
      const heard: string[] = [];
      await stage.a.engine.ensureQueue(stage.account, 'support');
      await stage.b.claim(stage.account, 'support', agent, { wait: true });
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change.state));
      await eventually(() => expect(heard).toEqual(['waiting']));
      return heard;
    }

    it('is believed without asking Redis when it tells of a later revision of what is known', async () => {
      const agent = newCall();
      const heard = await listening(agent);
      await publish(changed(await ticketOf(agent), { state: 'gone', reason: 'released', revision: 9 }));
      await eventually(() => expect(heard).toEqual(['waiting', 'gone']));
      expect(parseRecord(await ticketOf(agent))).toMatchObject({ state: 'waiting' });
    });

    it('that is late or comes twice changes nothing', async () => {
      const agent = newCall();
      const heard = await listening(agent);
      const before = await ticketOf(agent);
      const { entry } = await stage.joined(stage.a);
      await eventually(() => expect(heard).toEqual(['waiting', 'claimed']));
      await publish(await ticketOf(agent));
      await publish(before);
      await stage.a.engine.end(entry, 'hangup');
      await eventually(() => expect(heard).toEqual(['waiting', 'claimed', 'waiting']));
    });

    it('of another claim of the same agent makes the listener ask Redis', async () => {
      const agent = newCall();
      const heard = await listening(agent);
      const old = changed(await ticketOf(agent), { id: 'another', revision: 9 });
      await stage.joined(stage.a);
      await eventually(() => expect(heard).toEqual(['waiting', 'claimed']));
      await publish(old);
      await stage.b.engine.abandonClaim(stage.account, agent);
      await eventually(() => expect(heard).toEqual(['waiting', 'claimed', 'gone']));
    });

    it('that cannot be read is reported', async () => {
      const agent = newCall();
      await listening(agent);
      await publish(`claim ${agent}\ngarbage`);
      await eventually(() => expect(stage.b.failures.map(({ code }) => code)).toEqual(['queueing-watch']));
      stage.b.failures.length = 0;
    });
  });
}
