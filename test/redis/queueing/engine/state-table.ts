import { ENTRY_TABLE, type EntryInput, type EntryRef, type EntryState, nextEntryState } from '../../../../src/queueing';
import { expectOutcome, newAccount, newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

const STATES: readonly EntryState[] = ['waiting', 'claimed', 'bridging', 'bridged', 'ended'];
const INPUTS = Object.keys(ENTRY_TABLE.waiting) as EntryInput[];

export function stateTable(stage: EngineStage): void {
  describe('keeps to the state table', () => {
    /** Brings a fresh entry into `state`; the agent's call and token are those of its claim, if it was claimed. */
    async function entryIn(state: EntryState): Promise<{ entry: EntryRef; agent: string; token: string }> {
      const [account, agent] = [newAccount(), newCall()];
      const { entry } = expectOutcome(await stage.a.join(account, 'support', newCall()), 'joined');
      if (state === 'waiting') return { entry, agent, token: 'none' };
      const { token } = expectOutcome(await stage.a.claim(account, 'support', agent), 'claimed');
      if (state === 'bridging' || state === 'bridged') await stage.a.engine.beginBridge(entry, token);
      if (state === 'bridged') await stage.a.engine.markBridged(entry, token);
      if (state === 'ended') await stage.a.engine.end(entry, 'hangup');
      return { entry, agent, token };
    }

    async function give(input: EntryInput, { entry, agent, token }: Awaited<ReturnType<typeof entryIn>>): Promise<void> {
      if (input === 'claim') await stage.a.claim(entry.accountSid, 'support', newCall());
      else if (input === 'release') await stage.a.engine.abandonClaim(entry.accountSid, agent);
      else if (input === 'begin-bridge') await stage.a.engine.beginBridge(entry, token);
      else if (input === 'bridged') await stage.a.engine.markBridged(entry, token);
      else await stage.a.engine.end(entry, input);
    }

    for (const state of STATES) {
      it.each(INPUTS)(`${state}, %s`, async (input) => {
        const subject = await entryIn(state);
        const before = await stage.a.engine.view(subject.entry);
        expect(before?.state).toBe(state);
        await give(input, subject);
        const after = await stage.a.engine.view(subject.entry);
        const next = nextEntryState(state, input);
        const expected = next ?? { state, ...(before?.result === undefined ? {} : { result: before.result }) };
        expect({ state: after?.state, result: after?.result }).toEqual({ result: undefined, ...expected });
      });

      it(`${state}, release of another claim`, async () => {
        const { entry, agent } = await entryIn(state);
        const before = await stage.a.engine.view(entry);
        const { outcome } = await stage.a.engine.abandonClaim(entry.accountSid, agent, { token: 'another-1' });
        expect(outcome).toBe(before?.claim ? 'stale' : 'none');
        const { queueTimeMs: _, averageQueueTimeMs: __, ...after } = (await stage.a.engine.view(entry)) ?? {};
        expect(before).toMatchObject(after);
      });
    }
  });
}
