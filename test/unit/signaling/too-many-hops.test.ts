import { Call, LiveCalls } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import type { Alert } from '../../../src/interpreter';
import { LegDialer, OutboundDestinations } from '../../../src/signaling';
import { createGuardPolicy } from '../../../src/webhooks';
import { ManualClock } from '../../support/manual-clock';

// RFC 3261 section 16.3.
describe('a call that was forwarded as often as it may be', () => {
  it('is not sent on: 483, and an alert (32006)', async () => {
    const alerts: Alert[] = [];
    const callPorts = { clock: new ManualClock(), events: new EventBus(() => undefined), save: () => undefined, report: () => undefined };
    const account = { sid: `AC${'a'.repeat(32)}`, authToken: 't' };
    const parent = new Call({ accountSid: account.sid, from: '+1', to: '2', direction: 'inbound', maxForwards: 0 }, callPorts);
    const dialer = new LegDialer({
      calls: new LiveCalls(), callPorts, destinations: new OutboundDestinations({ resolve: async () => [] }),
      policyFor: async () => createGuardPolicy(), alert: (_call: Call, alert: Alert) => void alerts.push(alert), refused: () => undefined,
      admission: { admitLeg: async () => 'admitted' },
    } as unknown as ConstructorParameters<typeof LegDialer>[0]);
    const target = { kind: 'sip', uri: 'sip:a@192.0.2.1', headers: {} } as const;
    const leg = await dialer.place({ parent, account, target, callerId: '+1', timeoutMs: 1_000 });
    expect(await leg?.final).toMatchObject({ outcome: 'failed', sipStatus: 483 });
    expect(alerts).toMatchObject([{ code: 32006 }]);
  });
});
