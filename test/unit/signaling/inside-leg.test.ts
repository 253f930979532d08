import { Call } from '../../../src/calls';
import { EventBus, type Fact } from '../../../src/events';
import type { MediaEndpoint, MediaPool } from '../../../src/media';
import { InsidePair } from '../../../src/signaling/inside-leg';
import { TypedEmitter } from '../../../src/lib';
import { ManualClock } from '../../support/manual-clock';

/** An end of a link that cannot be given back. */
class StuckEnd extends TypedEmitter<{ gone: [string] }> {
  readonly uuid = 'end';
  readonly serverName = 'media-1';
  readonly localSdp = '';
  remodel = (): Promise<string> => Promise.resolve('');
  release = (): Promise<void> => Promise.reject(new Error('the media server does not answer'));
}

describe('a call to a number of the same account', () => {
  it('whose media cannot be given back is an alert (15000), and it ends all the same', async () => {
    const clock = new ManualClock();
    const facts: Fact[] = [];
    const events = new EventBus(() => undefined);
    events.subscribe((fact) => facts.push(fact));
    const ports = { clock, events, save: () => undefined, report: () => undefined };
    const identity = { accountSid: `AC${'a'.repeat(32)}`, from: '+1', to: '2' };
    const calling = new Call({ ...identity, direction: 'outbound-dial' }, ports);
    const called = new Call({ ...identity, direction: 'inbound' }, ports);
    const pool = { createLinkEnd: () => Promise.resolve(new StuckEnd() as unknown as MediaEndpoint) } as unknown as MediaPool;
    const pair = new InsidePair(pool, calling, called);
    await pair.calledSide.answer();
    await pair.calledSide.end('local-hangup');
    expect((await pair.final).outcome).toBe('answered');
    expect(calling.ended).toBe(true);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'alert.raised', code: 15000 }));
  });
});
