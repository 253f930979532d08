import { DeadGateways } from '../../src/dead-gateways';
import type { MediaPool, RecordedChannels } from '../../src/media';
import { silentLogger } from '../../src/platform/telemetry';
import type { Takeover } from '../../src/takeover';
import { eventually } from '../support/eventually';
import { ManualClock } from '../support/manual-clock';

describe('channels of a dead gateway', () => {
  const clock = new ManualClock();
  /** By the gateway that has left them. */
  const channels = new Map([['first', ['one', 'two']], ['second', ['three']]]);
  const ended: string[] = [];
  const asked: (readonly string[])[] = [];
  const recorded = new Set<string>();
  let looks = 0;
  const endOrphans = async (gatewayId: string, recordedAmong: RecordedChannels): Promise<{ ended: number; left: number }> => {
    looks += 1;
    const orphans = channels.get(gatewayId) ?? [];
    const kept = await recordedAmong(orphans);
    ended.push(...orphans.filter((uuid) => !kept.has(uuid)));
    channels.set(gatewayId, [...kept]);
    return { ended: orphans.length - kept.size, left: kept.size };
  };
  const pool = { servers: [{ name: 'media-1', endOrphans }] } as unknown as MediaPool;
  const taken: string[] = [];
  const takeover = { of: async (gatewayId: string) => void taken.push(gatewayId) } as unknown as Takeover;
  const store = {
    recordedAmong: async (gatewayIds: Iterable<string>, uuids: readonly string[]) => {
      asked.push([...gatewayIds].sort());
      return new Set(uuids.filter((uuid) => recorded.has(uuid)));
    },
  };
  const dead = new DeadGateways({ clock, log: silentLogger(), pool, takeover, store, gateways: async () => ['living'] });

  it('are left while who takes them over may have died too; 15 s after the last death those of no call are ended', async () => {
    recorded.add('two');
    await dead.buried('first');
    clock.advance(10_000);
    await dead.buried('second');
    await dead.buried('first');
    clock.advance(14_999);
    expect(looks).toBe(0);
    taken.length = 0;
    clock.advance(1);
    await eventually(() => expect(ended.sort()).toEqual(['one', 'three']));
    // Whoever has the record may be any of these.
    expect(asked).toContainEqual(['first', 'living', 'second']);
    // Redis may have done late what they had asked, and given them calls after their death.
    expect([...new Set(taken)].sort()).toEqual(['first', 'second']);
  });

  it('are looked at again as long as a record tells of them, whoever is to take them over: they are a caller’s', async () => {
    const whenLookedAgain = (check: () => void): Promise<void> => eventually(() => {
      clock.advance(1_000);
      check();
    });
    await whenLookedAgain(() => expect(looks).toBeGreaterThan(4));
    expect(ended).not.toContain('two');
    recorded.delete('two');
    await whenLookedAgain(() => expect(ended).toContain('two'));
    expect(asked.at(-1)).toEqual(['first', 'living', 'second']);
  });
});
