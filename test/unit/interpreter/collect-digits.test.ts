import { collectDigits } from '../../../src/interpreter/collect-digits';
import type { GatherVerb } from '../../../src/twiml';
import { settle, stageCall } from './fake-call';

const gather = (attributes: Partial<GatherVerb> = {}): GatherVerb => ({
  name: 'Gather', action: undefined, method: 'POST', input: ['dtmf'], finishOnKey: '#', numDigits: undefined, timeout: 5,
  actionOnEmptyResult: false, bargeIn: true, children: [], ...attributes,
});
const pause = { name: 'Pause', length: 3 } as const;

describe('collecting digits', () => {
  it('ends with the finishing key, which is not among them, nor is what comes right behind it', async () => {
    const { context, endpoint } = stageCall();
    const collected = collectDigits(gather(), context);
    await settle();
    endpoint.press('1', '2', '#', '3');
    expect(await collected).toEqual({ digits: '12', reason: 'finish-key' });
  });

  it('ends with enough digits and ignores those pressed right behind', async () => {
    const { context, endpoint } = stageCall();
    const collected = collectDigits(gather({ numDigits: 2 }), context);
    await settle();
    endpoint.press('4', '5', '6');
    expect(await collected).toEqual({ digits: '45', reason: 'num-digits' });
  });

  it('takes every key as a digit when no key finishes', async () => {
    const { context, endpoint } = stageCall();
    const collected = collectDigits(gather({ finishOnKey: '', numDigits: 2 }), context);
    await settle();
    endpoint.press('#', '*');
    expect((await collected).digits).toBe('#*');
  });

  it('counts the silence from the end of the prompts, and anew from every digit', async () => {
    const { context, endpoint, clock } = stageCall();
    const collected = collectDigits(gather({ children: [pause] }), context);
    await settle();
    clock.advance(60_000);
    endpoint.finishSound();
    await settle();
    clock.advance(4_999);
    endpoint.press('7');
    clock.advance(4_999);
    await settle();
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await collected).toEqual({ digits: '7', reason: 'timeout' });
  });

  it('a digit stops the prompt', async () => {
    const { context, endpoint, clock } = stageCall();
    const collected = collectDigits(gather({ children: [pause, pause] }), context);
    await settle();
    endpoint.press('1');
    await settle();
    expect(endpoint.played).toHaveLength(1);
    clock.advance(5_000);
    expect((await collected).digits).toBe('1');
  });

  it('without bargeIn the prompt is heard to its end before the silence counts', async () => {
    const { context, endpoint, clock } = stageCall();
    const collected = collectDigits(gather({ children: [pause], bargeIn: false }), context);
    await settle();
    endpoint.press('1');
    clock.advance(60_000);
    endpoint.finishSound();
    await settle();
    endpoint.press('2');
    clock.advance(5_000);
    expect(await collected).toEqual({ digits: '12', reason: 'timeout' });
  });

  it('a prompt that fails neither ends it nor leaves it waiting for ever', async () => {
    const { context, clock, alerts } = stageCall({ speech: { fileFor: () => Promise.reject(new Error('no voice today')) } });
    const say = { name: 'Say', text: 'Press one', voice: 'man', language: 'en-US', loop: 1 } as const;
    const collected = collectDigits(gather({ children: [say] }), context);
    await settle();
    clock.advance(5_000);
    expect(await collected).toEqual({ digits: '', reason: 'timeout' });
    expect(alerts).toEqual([expect.objectContaining({ code: 13520 })]);
  });

  it('ends when the call does, and leaves nothing behind', async () => {
    const { context, call, clock } = stageCall();
    const collected = collectDigits(gather({ children: [pause] }), context);
    await settle();
    call.end('remote-hangup');
    expect((await collected).reason).toBe('interrupted');
    expect(clock.pending).toBe(0);
  });

  it('in a wait document it is silence over the music while nothing is said', async () => {
    const { context, endpoint } = stageCall();
    const collected = collectDigits(gather({ numDigits: 1 }), { ...context, role: 'wait' });
    await settle();
    expect(endpoint.played).toEqual(['silence_stream://-1']);
    endpoint.press('1');
    expect((await collected).digits).toBe('1');
  });
});
