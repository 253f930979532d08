import { Call } from '../../../src/calls';
import type { PlacedLegOutcome } from '../../../src/interpreter/ports';
import { executeDial } from '../../../src/interpreter/verbs/dial';
import type { MediaEndpoint } from '../../../src/media';
import { dialVerb, FakeEndpoint, settle, stageCall } from './fake-call';

/** A Dial whose callee answers at once and talks; `joining`: he hears the caller, and nobody knows it yet. */
async function talking(xml: string, joining: (callee: Call) => void = () => undefined) {
  let callee: Call | undefined;
  const stage = stageCall({
    dialer: {
      place: () => {
        const call = new Call({ ...stage.call.identity, direction: 'outbound-dial' }, {
          clock: stage.clock, events: stage.ports.events, save: () => undefined, report: () => undefined,
        });
        const endpoint = new FakeEndpoint() as unknown as MediaEndpoint;
        call.move('place');
        call.connected(endpoint);
        callee = call;
        const final: PlacedLegOutcome = { outcome: 'answered', endpoint, headers: {} };
        return Promise.resolve({ call, final: Promise.resolve(final) });
      },
    },
  });
  const { endpoint } = stage;
  const bridgeWith = endpoint.bridgeWith.bind(endpoint);
  endpoint.bridgeWith = () => {
    if (callee) joining(callee);
    return bridgeWith();
  };
  const outcome = executeDial(dialVerb(xml), stage.context);
  await settle();
  if (!callee) throw new Error('nobody was called');
  return { ...stage, outcome, callee };
}

// Contract 5.9.
describe('a callee who sends the caller elsewhere', () => {
  it.each([['', 'POST'], ['referMethod="GET"', 'GET']])('with %s the referUrl is asked by %s where he goes, in place of the action', async (method, asked) => {
    const { outcome, callee } = await talking(`<Dial referUrl="/refer" ${method} action="/done">1000</Dial>`);
    expect([callee.refer('sip:sales@b.example'), callee.refer('sip:twice@b.example')]).toEqual([true, false]);
    expect(await outcome).toEqual({
      next: 'document', target: { url: 'http://app.test/refer', method: asked, params: { ReferTransferTarget: 'sip:sales@b.example' } },
    });
    expect(callee.ended).toBe(true);
  });

  it('may do so as soon as he hears the caller', async () => {
    const taken: boolean[] = [];
    const { outcome } = await talking('<Dial referUrl="/refer">1000</Dial>', (callee) => taken.push(callee.refer('sip:sales@b.example')));
    expect(taken).toEqual([true]);
    expect(await outcome).toMatchObject({ target: { url: 'http://app.test/refer', params: { ReferTransferTarget: 'sip:sales@b.example' } } });
  });

  it('may not where the document says nothing of it', async () => {
    const { outcome, callee, endpoint } = await talking('<Dial action="/done">1000</Dial>');
    expect(callee.refer('sip:sales@b.example')).toBe(false);
    await endpoint.unbridge();
    expect(await outcome).toMatchObject({ target: { url: 'http://app.test/done', params: { DialCallStatus: 'completed', DialBridged: 'true' } } });
  });

  it('is too late when the caller has hung up', async () => {
    const { outcome, callee, call } = await talking('<Dial referUrl="/refer">1000</Dial>');
    call.end('remote-hangup');
    expect(await outcome).toEqual({ next: 'interrupted' });
    expect(callee.refer('sip:sales@b.example')).toBe(false);
  });
});
