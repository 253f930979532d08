import type { QUEUE_SCRIPTS } from '../../../src/queueing/queue-scripts';
import { eventually } from '../../support/eventually';
import { expectOutcome, newCall, type TestGateway } from './queue-fixture';

/** Who takes part: `near` loses a reply, `far` and `doomed` have connections of their own. */
export interface Cast {
  readonly account: string;
  readonly near: TestGateway;
  readonly far: TestGateway;
  /** A gateway whose lease can be ended. */
  readonly doomed: TestGateway;
  /** `near` may judge the others again, as nobody may for one lease after the start. */
  readonly letLeasePass: () => void;
  /** Redis as an outsider with tools sees it. */
  readonly setLease: (gatewayId: string, until: number) => Promise<void>;
  /** Redis loses one record. */
  readonly forget: (hash: 'entries' | 'tickets', id: string) => Promise<void>;
  readonly setGatewayLease: (gatewayId: string, until: number) => Promise<void>;
}

/** Prepares a state and returns the one operation of `near` whose reply is lost. */
export interface Scenario {
  readonly script: keyof typeof QUEUE_SCRIPTS;
  readonly what: string;
  readonly prepare: (cast: Cast) => Promise<() => Promise<unknown>>;
}

const QUEUE = 'support';

async function joined({ account }: Cast, gateway: TestGateway): ReturnType<typeof expectJoined> {
  return expectJoined(account, gateway);
}
async function expectJoined(account: string, gateway: TestGateway) {
  return expectOutcome(await gateway.join(account, QUEUE, newCall()), 'joined');
}
async function claimed({ account }: Cast, gateway: TestGateway, agent: string, wait = false) {
  return expectOutcome(await gateway.claim(account, QUEUE, agent, { wait }), 'claimed');
}
async function bridging(cast: Cast) {
  const { entry } = await joined(cast, cast.near);
  const agent = newCall();
  const { token } = await claimed(cast, cast.far, agent);
  await cast.near.engine.beginBridge(entry, token);
  return { entry, token, agent };
}

/** Every script that changes something, in the situations in which doing it twice would differ from doing it once. */
export const SCENARIOS: readonly Scenario[] = [
  { script: 'enqueue', what: 'a new queue', prepare: async ({ near, account }) => () => near.join(account, QUEUE, newCall()) },
  {
    script: 'enqueue',
    what: 'an agent who waits takes the caller',
    prepare: async ({ near, far, account }) => {
      await near.engine.ensureQueue(account, QUEUE);
      for (let n = 0; n < 2; n++) await far.claim(account, QUEUE, newCall(), { wait: true });
      return () => near.join(account, QUEUE, newCall());
    },
  },
  {
    script: 'enqueue',
    what: 'the last place',
    prepare: async ({ near, account }) => {
      await near.join(account, QUEUE, newCall(), { maxSize: 2 });
      return () => near.join(account, QUEUE, newCall());
    },
  },
  {
    script: 'adopt-entry',
    what: 'an agent who waits takes the caller in the same moment',
    prepare: async (cast) => {
      const { entry } = await joined(cast, cast.doomed);
      await cast.setLease(cast.doomed.gatewayId, 0);
      for (let n = 0; n < 2; n++) await cast.far.claim(cast.account, QUEUE, newCall(), { wait: true });
      return () => cast.near.engine.adopt(entry, 2);
    },
  },
  {
    script: 'claim',
    what: 'the front caller of several',
    prepare: async (cast) => {
      for (let n = 0; n < 3; n++) await joined(cast, cast.far);
      return () => cast.near.claim(cast.account, QUEUE, newCall(), { wait: true });
    },
  },
  {
    script: 'claim',
    what: 'a caller by name',
    prepare: async (cast) => {
      await joined(cast, cast.far);
      const { entry } = await joined(cast, cast.far);
      return () => cast.near.claim(cast.account, QUEUE, newCall(), { callSid: entry.callSid });
    },
  },
  {
    script: 'claim',
    what: 'nobody, and waits',
    prepare: async ({ near, account }) => {
      await near.engine.ensureQueue(account, QUEUE);
      return () => near.claim(account, QUEUE, newCall(), { wait: true });
    },
  },
  {
    script: 'claim',
    what: 'nobody, and goes',
    prepare: async ({ near, account }) => {
      await near.engine.ensureQueue(account, QUEUE);
      return () => near.claim(account, QUEUE, newCall());
    },
  },
  {
    script: 'abandon-claim',
    what: 'a claimed caller waits again',
    prepare: async (cast) => {
      await joined(cast, cast.far);
      const agent = newCall();
      await claimed(cast, cast.near, agent);
      return () => cast.near.engine.abandonClaim(cast.account, agent);
    },
  },
  {
    script: 'abandon-claim',
    what: 'by its token, and the next agent gets the caller',
    prepare: async (cast) => {
      await joined(cast, cast.far);
      const agent = newCall();
      const { token } = await claimed(cast, cast.near, agent);
      await cast.far.claim(cast.account, QUEUE, newCall(), { wait: true });
      return () => cast.near.engine.abandonClaim(cast.account, agent, { token });
    },
  },
  {
    script: 'abandon-claim',
    what: 'an agent who waits',
    prepare: async ({ near, account }) => {
      await near.engine.ensureQueue(account, QUEUE);
      const agent = newCall();
      await near.claim(account, QUEUE, agent, { wait: true });
      return () => near.engine.abandonClaim(account, agent);
    },
  },
  {
    script: 'begin-bridge',
    what: 'of a claimed caller',
    prepare: async (cast) => {
      const { entry } = await joined(cast, cast.near);
      const { token } = await claimed(cast, cast.far, newCall());
      return () => cast.near.engine.beginBridge(entry, token);
    },
  },
  {
    script: 'mark-bridged',
    what: 'the caller leaves the line',
    prepare: async (cast) => {
      const { entry, token } = await bridging(cast);
      await joined(cast, cast.near);
      return () => cast.near.engine.markBridged(entry, token);
    },
  },
  {
    script: 'end',
    what: 'of a caller who waits',
    prepare: async (cast) => {
      const { entry } = await joined(cast, cast.near);
      return () => cast.near.engine.end(entry, 'leave');
    },
  },
  {
    script: 'end',
    what: 'of a claimed caller: the agent gets the next one',
    prepare: async (cast) => {
      const { entry } = await joined(cast, cast.near);
      await joined(cast, cast.far);
      await joined(cast, cast.far);
      await claimed(cast, cast.far, newCall(), true);
      return () => cast.near.engine.end(entry, 'hangup');
    },
  },
  {
    script: 'end',
    what: 'of a bridge',
    prepare: async (cast) => {
      const { entry, token } = await bridging(cast);
      await cast.near.engine.markBridged(entry, token);
      return () => cast.near.engine.end(entry, 'redirect');
    },
  },
  {
    script: 'ensure-queue',
    what: 'creates a queue',
    prepare: async ({ near, account }) => () => near.engine.ensureQueue(account, QUEUE, 7),
  },
  {
    script: 'delete-queue',
    what: 'an agent waits in it',
    prepare: async ({ near, far, account }) => {
      const created = await near.engine.ensureQueue(account, QUEUE);
      await far.claim(account, QUEUE, newCall(), { wait: true });
      return () => near.engine.deleteQueue(account, 'queueSid' in created ? created.queueSid : '');
    },
  },
  {
    script: 'expire-claim',
    what: 'its caller goes to the next agent',
    prepare: async (cast) => {
      await joined(cast, cast.near);
      await claimed(cast, cast.doomed, newCall());
      await cast.far.claim(cast.account, QUEUE, newCall(), { wait: true });
      return () => cast.near.engine.heartbeat();
    },
  },
  {
    script: 'reap-entry',
    what: 'its agent gets the next caller',
    prepare: async (cast) => {
      await joined(cast, cast.doomed);
      await claimed(cast, cast.far, newCall(), true);
      await joined(cast, cast.near);
      await joined(cast, cast.near);
      return () => cast.near.engine.expireGateway(cast.doomed.gatewayId);
    },
  },
  {
    script: 'reap-ticket',
    what: 'its caller goes to the next agent',
    prepare: async (cast) => {
      await joined(cast, cast.near);
      await claimed(cast, cast.doomed, newCall());
      for (let n = 0; n < 2; n++) await cast.far.claim(cast.account, QUEUE, newCall(), { wait: true });
      return () => cast.near.engine.expireGateway(cast.doomed.gatewayId);
    },
  },
  {
    script: 'match-queue',
    what: 'a gateway that was passed over comes back',
    prepare: async (cast) => {
      await cast.near.engine.ensureQueue(cast.account, QUEUE);
      await cast.near.claim(cast.account, QUEUE, newCall(), { wait: true });
      await cast.setLease(cast.near.gatewayId, 1);
      await joined(cast, cast.far);
      await joined(cast, cast.far);
      return () => cast.near.engine.heartbeat();
    },
  },
  {
    script: 'renew-lease',
    what: 'a gateway that was passed over learns it',
    prepare: async (cast) => {
      await cast.near.engine.ensureQueue(cast.account, QUEUE);
      await cast.near.claim(cast.account, QUEUE, newCall(), { wait: true });
      await cast.setLease(cast.near.gatewayId, 1);
      await joined(cast, cast.far);
      return () => cast.near.engine.heartbeat();
    },
  },
  {
    script: 'heartbeat',
    what: 'a gateway whose lease had lapsed judges nobody',
    prepare: async (cast) => {
      await joined(cast, cast.doomed);
      cast.letLeasePass();
      await cast.setLease(cast.doomed.gatewayId, 1);
      await cast.setGatewayLease(cast.doomed.gatewayId, 1);
      await cast.setGatewayLease(cast.near.gatewayId, 1);
      return () => cast.near.engine.heartbeat();
    },
  },
  {
    script: 'reassert-entry',
    what: 'a caller whom Redis has forgotten',
    prepare: async (cast) => {
      const { entry } = await joined(cast, cast.near);
      await cast.forget('entries', entry.entryId);
      return async () => void (await cast.near.engine.view(entry));
    },
  },
  {
    script: 'reassert-ticket',
    what: 'an agent whom Redis has forgotten',
    prepare: async (cast) => {
      await joined(cast, cast.far);
      const { entry } = await joined(cast, cast.near);
      const agent = newCall();
      await claimed(cast, cast.near, agent);
      await cast.forget('tickets', agent);
      await cast.forget('entries', entry.entryId);
      return async () => void (await cast.near.engine.view(entry));
    },
  },
  {
    script: 'settle-ticket',
    what: 'an agent whose claim nobody else knows of',
    prepare: async (cast) => {
      // The gateway of the first writes nothing back: nobody else knows that the agent has him.
      const { entry: theirs } = await joined(cast, cast.far);
      const { entry: ours } = await joined(cast, cast.near);
      await claimed(cast, cast.near, newCall());
      for (const { entryId } of [theirs, ours]) await cast.forget('entries', entryId);
      return async () => {
        await cast.near.engine.view(ours);
        // Settled, he gets the next one.
        await eventually(() => expect(cast.near.facts.filter(({ fact }) => fact === 'queue-entry.claimed')).toHaveLength(2), 15_000);
      };
    },
  },
];
