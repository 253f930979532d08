import { Call, LiveCalls } from '../../../src/calls';
import { Admission } from '../../../src/capacity';
import { EventBus } from '../../../src/events';
import { LegDialer, OutboundDestinations } from '../../../src/signaling';
import { type AccountLimits, accountLimits } from '../../../src/tenancy';
import { createGuardPolicy } from '../../../src/webhooks';
import { ManualClock } from '../../support/manual-clock';

const limits = accountLimits(undefined, { concurrentCalls: 10, outboundCallsPerSecond: 10 } as AccountLimits);
const account = { sid: `AC${'a'.repeat(32)}`, authToken: 't' };

/** Places a leg of each kind while the gateway stops. */
async function place(target: Parameters<LegDialer['place']>[0]['target']) {
  const calls = new LiveCalls();
  const callPorts = { clock: new ManualClock(), events: new EventBus(() => undefined), save: () => undefined, report: () => undefined };
  let turns = 0;
  let programs = 0;
  const count = async () => {
    turns += 1;
    return { outcome: 'admitted' as const, waitMs: 0 };
  };
  const admission = new Admission({
    clock: callPorts.clock, calls, pool: { up: true, room: 10 }, accepting: () => false, limitsOf: async () => limits, onRefused: () => undefined,
    counts: { knownFull: () => undefined, admit: count, adopt: () => undefined, release: () => undefined },
    limits: { callsPerGateway: 10, callsPerSecond: 10, eventLoopLateMs: 0, outboundWaitMs: 0 },
  });
  const dialer = new LegDialer({
    calls, callPorts, destinations: new OutboundDestinations({ resolve: async () => [] }), policyFor: async () => createGuardPolicy(),
    refused: () => undefined, tenants: { ownNumber: async () => ({ application: { sid: `AP${'b'.repeat(32)}` } }) },
    programs: { run: () => (programs += 1) }, pool: {}, admission,
  } as unknown as ConstructorParameters<typeof LegDialer>[0]);
  const parent = new Call({ accountSid: account.sid, from: '+1', to: '2', direction: 'inbound' }, callPorts);
  const leg = await dialer.place({ parent, account, target, callerId: '+1', timeoutMs: 1_000 });
  const final = await leg?.final;
  return { final, reason: leg?.call.endReason, others: [...calls].map(({ endReason }) => endReason), turns, programs };
}

describe('while a gateway stops', () => {
  it('no leg goes out: 503, and nothing is counted for the account', async () => {
    expect(await place({ kind: 'sip', uri: 'sip:a@192.0.2.1', headers: {} })).toMatchObject({
      final: { outcome: 'failed', sipStatus: 503 }, reason: 'gateway-stopping', turns: 0,
    });
  });

  it('no call begins to a number of the same account', async () => {
    const { final, reason, turns, programs } = await place({ kind: 'number', number: '+2' });
    expect([final?.outcome, reason, turns, programs]).toEqual(['failed', 'gateway-stopping', 0, 0]);
  });
});
