import type { TestDeployment } from '../../../support/redis-deployment';
import { adoption } from './adoption';
import { bridgesAndEnds } from './bridge-and-end';
import { claims } from './claim';
import { EngineStage } from './engine-stage';
import { gatewayDeath } from './gateway-death';
import { hints } from './hints';
import { joining } from './join';
import { loss } from './loss';
import { order } from './order';
import { retention } from './retention';
import { stateTable } from './state-table';
import { waitingAgents } from './waiting-agent';

/** Everything the engine promises, shown on one way to run Redis; `more` is what this way promises besides. */
export function describeEngine(where: string, start: () => Promise<TestDeployment>, more?: (stage: EngineStage) => void): void {
  describe(`the queue engine on ${where}`, () => {
    const stage = new EngineStage();

    beforeAll(async () => stage.open(await start()), 60_000);
    beforeEach(() => stage.renew());
    afterAll(async () => {
      const failures = [...stage.a.failures, ...stage.b.failures];
      await stage.close();
      expect(failures).toEqual([]);
    });

    for (const behaviour of [joining, order, waitingAgents, hints, claims, bridgesAndEnds, stateTable, gatewayDeath, adoption, loss, retention]) {
      behaviour(stage);
    }
    // What holds only there comes last: some of it takes servers away.
    more?.(stage);
  });
}
