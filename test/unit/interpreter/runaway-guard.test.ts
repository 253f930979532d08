import { Call, type CallIdentity } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import { RunawayGuard, runProgram } from '../../../src/interpreter';
import { ManualClock } from '../../support/manual-clock';
import { answerOf } from './fake-app';
import { ACCOUNT, limitsOf, stageCall } from './fake-call';

const callOf = (accountSid: string, clock: ManualClock): Call => {
  const identity: CallIdentity = { accountSid, from: '+1', to: '+2', direction: 'inbound' };
  return new Call(identity, { clock, events: new EventBus(() => undefined), save: () => undefined, report: () => undefined });
};

describe('the guard against runaway programs', () => {
  it('lets a call request so many documents in any minute, and goes on when they are a minute old', async () => {
    const clock = new ManualClock();
    const guard = new RunawayGuard(clock, async () => limitsOf({ documentsPerCallPerMinute: 3 }));
    const [one, other] = [callOf('AC1', clock), callOf('AC1', clock)];
    const verdicts: (string | undefined)[] = [];
    for (let tens = 0; tens < 9; tens += 1) {
      verdicts.push((await guard.refusal(one, false))?.limit);
      clock.advance(10_000);
    }
    const full = 'documentsPerCallPerMinute';
    // At 0, 10 and 20 s; again at 60, 70 and 80 s, for what was refused does not count.
    expect(verdicts).toEqual([undefined, undefined, undefined, full, full, full, undefined, undefined, undefined]);
    expect(await guard.refusal(one, false)).toEqual({ limit: full, message: 'more than 3 documents of the call in a minute' });
    expect(await guard.refusal(other, false)).toBeUndefined();
  });

  it('counts Redirects apart from documents', async () => {
    const clock = new ManualClock();
    const guard = new RunawayGuard(clock, async () => limitsOf({ redirectsPerCallPerMinute: 2 }));
    const call = callOf('AC1', clock);
    expect(await guard.refusal(call, true)).toBeUndefined();
    expect(await guard.refusal(call, true)).toBeUndefined();
    expect((await guard.refusal(call, true))?.limit).toBe('redirectsPerCallPerMinute');
    expect(await guard.refusal(call, false)).toBeUndefined();
  });

  it('bounds all calls of an account together, and no other account', async () => {
    const clock = new ManualClock();
    const guard = new RunawayGuard(clock, async () => limitsOf({ documentsPerMinute: 5_000 }));
    for (let count = 0; count < 5_000; count += 1) expect(await guard.refusal(callOf('AC1', clock), false)).toBeUndefined();
    expect((await guard.refusal(callOf('AC1', clock), false))?.limit).toBe('documentsPerMinute');
    expect(await guard.refusal(callOf('AC2', clock), false)).toBeUndefined();
    clock.advance(60_000);
    for (let count = 0; count < 5_000; count += 1) expect(await guard.refusal(callOf('AC1', clock), false)).toBeUndefined();
    expect((await guard.refusal(callOf('AC1', clock), false))?.limit).toBe('documentsPerMinute');
  });

  it('follows a change of the limits at once', async () => {
    const clock = new ManualClock();
    let limit = 1;
    const guard = new RunawayGuard(clock, async () => limitsOf({ documentsPerCallPerMinute: limit }));
    const call = callOf('AC1', clock);
    expect(await guard.refusal(call, false)).toBeUndefined();
    expect(await guard.refusal(call, false)).toBeDefined();
    limit = 2;
    expect(await guard.refusal(call, false)).toBeUndefined();
  });
});

describe('a program in a circle', () => {
  it('ends with its code when it has had its Redirects', async () => {
    const asked: string[] = [];
    const webhooks = { request: async ({ url }: { url: string }) => {
      asked.push(url);
      return answerOf(url, '<Response><Redirect>/again</Redirect></Response>');
    } };
    const { call, ports, alerts, facts } = stageCall({ webhooks }, false, limitsOf({ redirectsPerCallPerMinute: 7 }));
    await runProgram(call, { account: ACCOUNT, entry: { url: 'http://app.test/voice', method: 'POST' } }, ports);
    expect(asked).toHaveLength(8);
    expect(call.endReason).toBe('application-error');
    expect(alerts).toEqual([{ code: 11215, message: 'more than 7 Redirects of the call in a minute', url: 'http://app.test/again' }]);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'document.failed', code: 11215 }));
  });
});
