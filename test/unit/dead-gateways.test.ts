import { DeadGateways } from '../../src/dead-gateways';
import type { MediaPool } from '../../src/media';
import { silentLogger } from '../../src/platform/telemetry';
import type { Takeover } from '../../src/takeover';
import { ManualClock } from '../support/manual-clock';

describe('channels of a dead gateway that nobody has taken over', () => {
  const clock = new ManualClock();
  const ended: string[] = [];
  const endOrphans = async (gatewayId: string): Promise<number> => ended.push(gatewayId);
  const pool = { servers: [{ name: 'media-1', endOrphans }] } as unknown as MediaPool;
  const takeover = { of: () => Promise.resolve() } as unknown as Takeover;
  const dead = new DeadGateways({ clock, log: silentLogger(), pool, takeover });

  it('are left while who takes them over may have died too, and are ended 15 s after the last death', async () => {
    await dead.buried('first');
    clock.advance(10_000);
    await dead.buried('second');
    await dead.buried('first');
    clock.advance(14_999);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended.sort()).toEqual(['first', 'second']);
  });
});
