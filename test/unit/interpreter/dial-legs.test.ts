import { Call } from '../../../src/calls';
import { dialLegs } from '../../../src/interpreter/dial/dial-legs';
import { DialRecording } from '../../../src/interpreter/dial/dial-recording';
import { type LegNoun, targetsOf } from '../../../src/interpreter/dial/leg-targets';
import type { PlacedLegOutcome } from '../../../src/interpreter/ports';
import { dialVerb, stageCall } from './fake-call';

const nounOf = (xml: string): LegNoun => {
  const noun = dialVerb(`<Dial>${xml}</Dial>`).nouns[0];
  if (!noun || noun.name === 'Queue') throw new Error('no noun with legs');
  return noun;
};

/** Runs a Dial whose targets answer with these final statuses, by URI or number. */
async function dial(xml: string, statuses: Readonly<Record<string, number>>) {
  const placed: string[] = [];
  const stage = stageCall({
    dialer: {
      place: ({ target }: { target: { uri?: string; number?: string } }) => {
        const who = target.uri ?? target.number ?? '';
        placed.push(who);
        const sipStatus = statuses[who];
        if (sipStatus === undefined) return Promise.resolve(undefined);
        const call = new Call({ ...stage.call.identity, direction: 'outbound-dial', to: who }, {
          clock: stage.clock, events: stage.ports.events, save: () => undefined, report: () => undefined,
        });
        call.move('place');
        const final: PlacedLegOutcome = { outcome: 'failed', sipStatus, reason: '', headers: { 'X-Why': who } };
        return Promise.resolve({ call, final: Promise.resolve(final) });
      },
    },
  });
  const verb = dialVerb(xml);
  const result = await dialLegs(verb, stage.context, new DialRecording(verb, stage.context));
  return { placed, result, alerts: stage.alerts };
}

describe('the ways to a party', () => {
  const noun = nounOf('<Sip>sip:own@a<SipUri priority="2">sip:last@a</SipUri><SipUri priority="1" weight="1">sip:one@a</SipUri>'
    + '<SipUri priority="1" weight="3">sip:three@a</SipUri></Sip>');
  const order = (random: number): unknown => targetsOf(noun, () => random).map((target) => target.kind === 'sip' && target.uri);

  it('are its own, then those of lower priority first', () => {
    expect(order(0)).toEqual(['sip:own@a', 'sip:one@a', 'sip:three@a', 'sip:last@a']);
  });

  it('are drawn by weight among equals', () => {
    expect([0.24, 0.26, 0.99].map((random) => (order(random) as string[])[1])).toEqual(['sip:one@a', 'sip:three@a', 'sip:three@a']);
  });

  it('of no weight at all are still tried', () => {
    const weightless = nounOf('<Sip><SipUri weight="0">sip:a@a</SipUri><SipUri weight="0">sip:b@a</SipUri></Sip>');
    expect(targetsOf(weightless, () => 0.5)).toHaveLength(2);
  });

  it.each([[503, 2], [408, 2], [undefined, 2], [486, 1], [404, 1], [603, 1]])('after %s %d of two are tried', async (status, tried) => {
    const statuses = { ...(status === undefined ? {} : { 'sip:a@x': status }), 'sip:b@x': 486 };
    const { placed, result } = await dial('<Dial><Sip>sip:a@x<SipUri>sip:b@x</SipUri></Sip></Dial>', statuses);
    expect(placed).toHaveLength(tried);
    expect(result.status).toBe(tried === 2 || status === 486 ? 'busy' : 'failed');
  });
});

describe('a Dial that nobody answers', () => {
  it('tells of the last leg: its call, its SIP status, its headers, and that nobody was bridged', async () => {
    const { result } = await dial('<Dial sequential="true"><Number>1</Number><Sip>sip:a@x</Sip></Dial>', { 1: 404, 'sip:a@x': 480 });
    expect(result).toMatchObject({ status: 'no-answer', params: { DialBridged: 'false', 'DialSipHeader_X-Why': 'sip:a@x' } });
    expect(result.params['DialCallSid']).toMatch(/^CA/);
  });

  it('is busy when one of several was', async () => {
    expect((await dial('<Dial><Number>1</Number><Number>2</Number></Dial>', { 1: 486, 2: 404 })).result.status).toBe('busy');
  });

  it('has alert 13224 for whom there is no way to', async () => {
    const { result, alerts } = await dial('<Dial>1</Dial>', {});
    expect([result, alerts]).toEqual([{ status: 'failed', params: {} }, [expect.objectContaining({ code: 13224 })]]);
  });
});
