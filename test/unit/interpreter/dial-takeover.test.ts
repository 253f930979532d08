import { Call } from '../../../src/calls';
import { type Deferred, deferred } from '../../../src/lib';
import { dialLegs } from '../../../src/interpreter/dial/dial-legs';
import { DialRecording } from '../../../src/interpreter/dial/dial-recording';
import type { PlacedLeg, PlacedLegOutcome } from '../../../src/interpreter/ports';
import { dialVerb, settle, stageCall } from './fake-call';

const refused = (sipStatus: number): PlacedLegOutcome => ({ outcome: 'failed', sipStatus, reason: '', headers: {} });

/** A Dial that another gateway had begun 10 s ago; `state`: what that one had noted, by the CallSids of the legs it had. */
function takeOver(xml: string, state: (legs: readonly string[]) => object, legs = 1) {
  const placed: string[] = [];
  const finals: Deferred<PlacedLegOutcome>[] = [];
  const legOf = (to: string): Call => {
    const call = new Call({ ...stage.call.identity, direction: 'outbound-dial', to }, {
      clock: stage.clock, events: stage.ports.events, save: () => undefined, report: () => undefined,
    });
    call.move('place');
    return call;
  };
  const legPlaced = (call: Call, isResumed?: true): PlacedLeg => {
    const final = deferred<PlacedLegOutcome>();
    finals.push(final);
    return { call, final: final.promise, ...(isResumed ? { isResumed } : {}) };
  };
  const stage = stageCall({
    dialer: {
      place: ({ target }: { target: { uri?: string; number?: string } }) => {
        const who = target.uri ?? target.number ?? '';
        placed.push(who);
        return Promise.resolve(legPlaced(legOf(who)));
      },
      resumed: (leg: Call) => legPlaced(leg, true),
    },
  });
  const ringing = Array.from({ length: legs }, (_, index) => legOf(`leg ${index}`));
  for (const leg of ringing) stage.call.addLeg(leg);
  stage.call.progress = {
    step: 'verb', documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 0, verb: 'Dial', state: { ...state(ringing.map(({ sid }) => sid)) },
  };
  stage.clock.advance(10_000);
  const verb = dialVerb(xml);
  const context = { ...stage.context, resumed: true as const };
  return { ...stage, placed, finals, ringing, result: dialLegs(verb, context, new DialRecording(verb, context)) };
}

describe('a Dial that goes on at another gateway', () => {
  it('rings on for what is left of its time, and rings nobody anew', async () => {
    const { clock, ringing, placed, result } = takeOver('<Dial timeout="30">1</Dial>', ([leg]) => ({ nouns: { 0: { tried: ['1'], leg } } }));
    await settle();
    clock.advance(19_900);
    expect(ringing[0]?.ended).toBe(false);
    clock.advance(200);
    expect(await result).toMatchObject({ status: 'no-answer', params: { DialCallSid: ringing[0]?.sid, DialBridged: 'false' } });
    expect(placed).toEqual([]);
  });

  it('hears an answer that waited for it, also when that time is over', async () => {
    const { clock, ringing, result, finals } = takeOver('<Dial timeout="5">1</Dial>', ([leg]) => ({ nouns: { 0: { tried: ['1'], leg } } }));
    await settle();
    clock.advance(900);
    expect(ringing[0]?.ended).toBe(false);
    finals[0]?.resolve(refused(486));
    expect((await result).status).toBe('busy');
  });

  it('does not ask again who had refused: the result is his when nobody answers', async () => {
    const sip = { status: 486, callId: 'x', headers: { 'X-Why': 'meeting' } };
    const { result, finals, placed } = takeOver('<Dial><Number>1</Number><Number>2</Number></Dial>', ([leg]) => ({
      nouns: { 0: { tried: ['1'], leg: 'CA1', failed: { status: 'busy', callSid: 'CA1', sip } }, 1: { tried: ['2'], leg } },
    }));
    await settle();
    finals[0]?.resolve(refused(404));
    expect(await result).toMatchObject({ status: 'busy', params: { DialCallSid: 'CA1', DialSipResponseCode: '486', 'DialSipHeader_X-Why': 'meeting' } });
    expect(placed).toEqual([]);
  });

  it('goes on with the other ways to a party, and with the nouns after it', async () => {
    const xml = '<Dial sequential="true"><Sip>sip:a@x<SipUri>sip:b@x</SipUri></Sip><Number>2</Number></Dial>';
    const { result, finals, placed } = takeOver(xml, ([leg]) => ({ nouns: { 0: { tried: ['sip:a@x'], leg } } }));
    await settle();
    finals[0]?.resolve(refused(503));
    await settle();
    finals[1]?.resolve(refused(404));
    await settle();
    finals[2]?.resolve(refused(480));
    expect((await result).status).toBe('no-answer');
    expect(placed).toEqual(['sip:b@x', '2']);
  });

  it('rings anew whoever nobody knows about any more', async () => {
    const { result, finals, placed, ringing } = takeOver('<Dial>1</Dial>', ([leg]) => ({ nouns: { 0: { tried: ['1'], leg } } }));
    await settle();
    finals[0]?.resolve({ outcome: 'failed', sipStatus: 487, reason: '', headers: {}, isLost: true });
    await settle();
    expect([placed, ringing[0]?.endReason]).toEqual([['1'], 'gateway-lost']);
    finals[1]?.resolve(refused(486));
    expect((await result).status).toBe('busy');
  });

  it('ends legs that it knows nothing of, and all of them when its caller is gone', async () => {
    const { result, ringing, call, finals } = takeOver('<Dial>1</Dial>', ([leg]) => ({ nouns: { 0: { tried: ['1'], leg } } }), 2);
    await settle();
    expect(ringing.map(({ ended }) => ended)).toEqual([false, true]);
    expect(finals).toHaveLength(1);
    call.end('remote-hangup');
    expect(await result).toMatchObject({ status: 'canceled' });
    expect(ringing.map(({ endReason }) => endReason)).toEqual(['caller-cancelled', 'caller-cancelled']);
  });

  it('is over when who had talked has hung up since: he is not called again', async () => {
    const { result, placed } = takeOver('<Dial>1</Dial>', () => ({ accepted: 'CA1', noun: 0, bridgedAt: 0 }), 0);
    const { status, params } = await result;
    expect([status, params['DialCallSid'], params['DialBridged'], placed]).toEqual(['completed', 'CA1', 'true', []]);
    expect(Number(params['DialCallDuration'])).toBeGreaterThanOrEqual(10);
  });

  it('whose callee hung up between his answer and the bridge has failed', async () => {
    const { result, placed } = takeOver('<Dial>1</Dial>', () => ({ accepted: 'CA1', noun: 0 }), 0);
    expect([await result, placed]).toEqual([{ status: 'failed', params: { DialCallSid: 'CA1', DialBridged: 'false' } }, []]);
  });
});
