import { Call } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import { StatusReporter } from '../../../src/interpreter';
import { ManualClock } from '../../support/manual-clock';
import { ACCOUNT, settle, stageCall } from './fake-call';

describe('a status callback', () => {
  it('tells the progress of its own call, and costs the other calls nothing', async () => {
    const told: (string | undefined)[] = [];
    const request = ({ params = {} }: { params?: Record<string, string> }) => {
      told.push(`${params['CallStatus']} ${params['SequenceNumber']} ${params['CallDuration'] ?? ''}`.trim());
      return Promise.resolve({ outcome: 'response' });
    };
    const stage = stageCall({ webhooks: { request } }, false);
    let subscriptions = 0;
    const subscribe = stage.ports.events.subscribe.bind(stage.ports.events);
    stage.ports.events.subscribe = (listener) => {
      subscriptions += 1;
      return subscribe(listener);
    };
    const target = { url: 'http://app.test/status', method: 'POST' as const };
    new StatusReporter(stage.ports, ACCOUNT, stage.call, target, new Set(['ringing', 'answered', 'completed'])).start();
    const other = new Call(stage.call.identity, {
      clock: new ManualClock(), events: stage.ports.events, save: () => undefined, report: () => undefined,
    });
    other.state('call.ringing', {});
    stage.call.state('call.ringing', {});
    await stage.call.answer();
    stage.clock.advance(1_500);
    stage.call.end('remote-hangup');
    await settle();
    expect(told).toEqual(['ringing 0', 'in-progress 1', 'completed 2 2']);
    // One listener on the bus for each call would be asked about every fact of all calls.
    expect(subscriptions).toBe(0);
  });

  it('that is answered with an error is an alert (15003)', async () => {
    const request = () => Promise.resolve({ outcome: 'failed', code: 11200, message: 'status 500', url: 'http://app.test/status', status: 500 });
    const stage = stageCall({ webhooks: { request } }, false);
    const target = { url: 'http://app.test/status', method: 'POST' as const };
    new StatusReporter(stage.ports, ACCOUNT, stage.call, target, new Set(['completed'])).start();
    stage.call.end('remote-hangup');
    await settle();
    expect(stage.alerts).toMatchObject([{ code: 15003, url: 'http://app.test/status' }]);
  });

  it('a follower that fails takes nothing from the others and is reported', () => {
    const reports: string[] = [];
    const call = new Call(
      { accountSid: ACCOUNT.sid, from: '+1', to: '1000', direction: 'inbound' },
      { clock: new ManualClock(), events: new EventBus(() => undefined), save: () => undefined, report: (_call, text) => void reports.push(text) },
    );
    const heard: string[] = [];
    call.follow(() => {
      throw new Error('broken');
    });
    const stop = call.follow(({ type }) => void heard.push(type));
    call.state('call.ringing', {});
    stop();
    call.state('call.ringing', {});
    expect(heard).toEqual(['call.ringing']);
    expect(reports).toEqual(Array(2).fill(expect.stringContaining('broken')));
  });
});
