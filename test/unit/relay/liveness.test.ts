import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { RelayStage } from '../../support/relay-stage';

const stage = new RelayStage();
afterEach(() => stage.clear());

const SILENCE_MS = 7_000;

async function setUp() {
  const clock = new ManualClock();
  const server = await stage.server();
  const { address } = await stage.relay(server.admin, { clock, silenceMs: SILENCE_MS });
  return { clock, address };
}

describe('a gateway that freezes', () => {
  it('is told from a living one by its silence, closed, and the others hear of it', async () => {
    const { clock, address } = await setUp();
    const [frozen, living, nameless] = await Promise.all([stage.app(address, 'frozen'), stage.app(address, 'living'), stage.app(address)]);
    for (let asked = 1; asked <= 7; asked += 1) {
      clock.advance(SILENCE_MS / 7);
      await eventually(() => expect(living.received.filter((payload) => payload.endsWith('|ping'))).toHaveLength(asked));
      living.send('pong');
      // Dealt with in order: after this answer the relay has heard it.
      await living.ask('ping');
    }
    await eventually(() => expect(frozen.closed).toBe(true));
    expect((await living.heard('gateway|down|frozen')).slice(1)).toEqual(['gateway', 'down', 'frozen', 'silent', '0']);
    expect([living.closed, nameless.closed]).toEqual([false, false]);
    // One that has not said its name does not know how to answer.
    expect(nameless.received.filter((payload) => payload.endsWith('|ping'))).toEqual([]);
  });

  it('is another client when it wakes up, and replaces itself when it comes back before it was missed', async () => {
    const { address } = await setUp();
    const other = await stage.app(address, 'other');
    const before = await stage.app(address, 'same');
    const after = await stage.app(address, 'same');
    await eventually(() => expect(before.closed).toBe(true));
    expect((await other.heard('gateway|down|same')).slice(3)).toEqual(['same', 'replaced', '0']);
    expect(await after.ask('hello|same')).toEqual(['OK', expect.stringMatching(/^relay-/), 'other', '0']);
    expect(await after.ask('hello|not a name')).toEqual(['NO', 'not a name']);
  });

  it('is not what a relay sees that froze itself', async () => {
    const { clock, address } = await setUp();
    const gateway = await stage.app(address, 'gateway');
    clock.freeze(SILENCE_MS * 3);
    expect(await gateway.ask('ping')).toEqual(['OK', 'pong']);
    expect(gateway.closed).toBe(false);
  });
});
