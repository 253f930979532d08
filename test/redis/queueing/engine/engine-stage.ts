import type { TestDeployment } from '../../../support/redis-deployment';
import { expectOutcome, newAccount, newCall, TestGateway } from '../queue-fixture';

/** What the behaviours of the engine are shown on: two gateways on one Redis, and a new account for every test. */
export class EngineStage {
  account = '';
  #redis: TestDeployment | undefined;
  #gateways: readonly [TestGateway, TestGateway] | undefined;

  async open(redis: TestDeployment): Promise<void> {
    this.#redis = redis;
    this.#gateways = await Promise.all([
      new TestGateway(redis, 'gateway-a').start(),
      new TestGateway(redis, 'gateway-b').start(),
    ]);
  }

  renew(): void {
    this.account = newAccount();
  }

  async close(): Promise<void> {
    await Promise.all((this.#gateways ?? []).map((gateway) => gateway.stop()));
    await this.#redis?.stop();
  }

  get redis(): TestDeployment {
    if (!this.#redis) throw new Error('the stage is not open');
    return this.#redis;
  }

  get a(): TestGateway {
    return this.#gateway(0);
  }

  get b(): TestGateway {
    return this.#gateway(1);
  }

  async joined(gateway: TestGateway, callSid = newCall(), more: { priority?: number; maxSize?: number } = {}) {
    return expectOutcome(await gateway.join(this.account, 'support', callSid, more), 'joined');
  }

  async claimedBy(gateway: TestGateway, agent = newCall(), more: { wait?: boolean; epoch?: number; callSid?: string; dial?: string } = {}) {
    return expectOutcome(await gateway.claim(this.account, 'support', agent, more), 'claimed');
  }

  #gateway(index: 0 | 1): TestGateway {
    const gateway = this.#gateways?.[index];
    if (!gateway) throw new Error('the stage is not open');
    return gateway;
  }
}
