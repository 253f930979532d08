import { parseDocument, type TwimlWarning, type Verb, type VerbName } from '../../../src/twiml';

type Read<N extends VerbName> = { verb: Extract<Verb, { name: N }>; warnings: readonly TwimlWarning[]; codes: number[] };

/** The one verb of a document that holds `xml`. */
function read<N extends VerbName>(name: N, xml: string): Read<N> {
  const result = parseDocument(`<Response>${xml}</Response>`);
  if (!result.ok) throw new Error(result.message);
  const [verb] = result.document.verbs;
  if (verb?.name !== name) throw new Error(`read ${String(verb?.name)} instead of ${name}`);
  const codes = result.warnings.map(({ code }) => code);
  return { verb: verb as Extract<Verb, { name: N }>, warnings: result.warnings, codes };
}

const skipped = (xml: string): number[] => {
  const result = parseDocument(`<Response>${xml}</Response>`);
  if (!result.ok) throw new Error(result.message);
  expect(result.document.verbs).toEqual([]);
  return result.warnings.map(({ code }) => code);
};

// Contract 5.1: voice=man (man|woman|alice|Polly.*|Google.*), language=en-US, loop=1 (0 = until hang-up; capped).
describe('Say', () => {
  it('has its defaults', () => {
    expect(read('Say', '<Say>Hello  there,\n friend</Say>')).toEqual({
      verb: { name: 'Say', text: 'Hello there, friend', voice: 'man', language: 'en-US', loop: 1 }, warnings: [],
      codes: [],
    });
  });

  it('reads voice, language and loop', () => {
    expect(read('Say', '<Say voice="Polly.Joanna-Neural" language="de-DE" loop="0">a</Say>').verb)
      .toMatchObject({ voice: 'Polly.Joanna-Neural', language: 'de-DE', loop: 0 });
    expect(read('Say', '<Say loop="5000">a</Say>')).toMatchObject({ verb: { loop: 1_000 }, codes: [] });
  });

  it('warns of a bad loop (13510) and voice (13511) and uses the defaults', () => {
    expect(read('Say', '<Say loop="-1" voice="robot">a</Say>')).toMatchObject({
      verb: { voice: 'man', loop: 1 }, codes: expect.arrayContaining([13510, 13511]) as number[],
    });
  });

  it('without text is skipped with 13520; too long text is cut at 4096 characters', () => {
    expect(skipped('<Say> </Say>')).toEqual([13520]);
    const { verb, codes } = read('Say', `<Say>${'é'.repeat(4_097)}</Say>`);
    expect([verb.text.length, codes]).toEqual([4_096, [13520]]);
  });

  it.each([
    ['One <break time="1s"/>two', 'One two'],
    ['Call <sub alias="the desk">TD</sub> now', 'Call the desk now'],
    ['Code <say-as interpret-as="digits">123</say-as>.', 'Code 1 2 3.'],
    ['On <say-as interpret-as="date">20260102</say-as>', 'On 20260102'],
    ['<p>First</p><p>Second!</p><s>Third</s>', 'First. Second! Third.'],
    ['<prosody rate="slow">a <emphasis>b</emphasis></prosody> <lang xml:lang="fr-FR">c</lang>', 'a b c'],
  ])('flattens SSML: %s', (ssml, text) => {
    expect(read('Say', `<Say>${ssml}</Say>`)).toMatchObject({ verb: { text }, codes: [] });
  });

  it('speaks the text of an unknown child and warns', () => {
    expect(read('Say', '<Say>a <blink>b</blink></Say>')).toMatchObject({ verb: { text: 'a b' }, codes: [12200] });
  });
});

// Contract 5.2: loop=1 (0 = until hang-up, practical cap 1000), digits. Body = media URL. 13410.
describe('Play', () => {
  it('reads its URL, loop and digits', () => {
    expect(read('Play', '<Play>\n http://a.example/x.wav </Play>').verb)
      .toEqual({ name: 'Play', url: 'http://a.example/x.wav', loop: 1, digits: undefined });
    expect(read('Play', '<Play digits="ww12#"/>').verb).toEqual({ name: 'Play', url: '', loop: 1, digits: 'ww12#' });
    expect(read('Play', '<Play loop="0">x</Play>').verb.loop).toBe(0);
    expect(read('Play', '<Play loop="1001">x</Play>').verb.loop).toBe(1_000);
  });

  it('warns of a bad loop (13410) and bad digits', () => {
    expect(read('Play', '<Play loop="x" digits="1z">x</Play>'))
      .toMatchObject({ verb: { loop: 1, digits: undefined }, codes: [13410, 12200] });
  });

  it('with nothing to play is skipped', () => {
    expect(skipped('<Play/>')).toEqual([12200]);
  });
});

// Contract 5.3 to 5.6, 6.5.
describe('the small verbs', () => {
  it('Pause waits a second by default; a bad length is 13910', () => {
    expect(read('Pause', '<Pause/>').verb.length).toBe(1);
    expect(read('Pause', '<Pause length="0"/>').verb.length).toBe(0);
    for (const bad of ['-1', '1.5', 'x', '']) {
      expect(read('Pause', `<Pause length="${bad}"/>`)).toMatchObject({ verb: { length: 1 }, codes: [13910] });
    }
  });

  it('Redirect posts by default; empty means the current document; a bad method is 13710', () => {
    expect(read('Redirect', '<Redirect/>').verb).toEqual({ name: 'Redirect', url: '', method: 'POST' });
    expect(read('Redirect', '<Redirect method="get">../x?a=1</Redirect>').verb)
      .toMatchObject({ url: '../x?a=1', method: 'GET' });
    expect(read('Redirect', '<Redirect method="PUT">x</Redirect>'))
      .toMatchObject({ verb: { method: 'POST' }, codes: [13710] });
  });

  it('Reject rejects by default and can be busy', () => {
    expect(read('Reject', '<Reject/>').verb).toEqual({ name: 'Reject', reason: 'rejected' });
    expect(read('Reject', '<Reject reason="busy"/>').verb.reason).toBe('busy');
    expect(read('Reject', '<Reject reason="tired"/>')).toMatchObject({ verb: { reason: 'rejected' }, codes: [12200] });
  });

  it('Hangup and Leave take nothing and warn of what they are given', () => {
    expect(read('Hangup', '<Hangup/>')).toEqual({ verb: { name: 'Hangup' }, warnings: [], codes: [] });
    expect(read('Leave', '<Leave/>')).toEqual({ verb: { name: 'Leave' }, warnings: [], codes: [] });
    expect(read('Leave', '<Leave a="1">b<Say>c</Say></Leave>').codes).toEqual([12200, 12200, 12200]);
  });
});

// Contract 5.7.
describe('Gather', () => {
  it('has its defaults', () => {
    expect(read('Gather', '<Gather/>')).toEqual({
      verb: {
        name: 'Gather', action: undefined, method: 'POST', input: ['dtmf'], finishOnKey: '#', numDigits: undefined,
        timeout: 5,
        actionOnEmptyResult: false, bargeIn: true, children: [],
      },
      warnings: [],
      codes: [],
    });
  });

  it('tells an empty finishOnKey and action from absent ones', () => {
    expect(read('Gather', '<Gather finishOnKey="" action=""/>').verb).toMatchObject({ finishOnKey: '', action: '' });
  });

  it('reads its values and its children in order', () => {
    const { verb, codes } = read('Gather', '<Gather action="/k" method="GET" finishOnKey="*" numDigits="4" timeout="0" '
      + 'actionOnEmptyResult="true" bargeIn="false"><Say>a</Say><Pause length="2"/><Play>b.wav</Play></Gather>');
    expect(codes).toEqual([]);
    expect(verb).toMatchObject({
      action: '/k', method: 'GET', finishOnKey: '*', numDigits: 4, timeout: 0, actionOnEmptyResult: true,
      bargeIn: false,
      children: [{ name: 'Say', text: 'a' }, { name: 'Pause', length: 2 }, { name: 'Play', url: 'b.wav' }],
    });
  });

  it.each([
    ['finishOnKey="12"', 13310], ['method="PUT"', 13312], ['timeout="-1"', 13313], ['timeout="soon"', 13313],
    ['numDigits="0"', 13314], ['actionOnEmptyResult="yes"', 12200], ['action="ftp://a.example/"', 11100],
    ['speechTimeout="auto"', 12200],
  ])('warns of %s with %d and uses the default', (attribute, code) => {
    const { verb, codes } = read('Gather', `<Gather ${attribute}/>`);
    expect(codes).toEqual([code]);
    expect(verb).toEqual(read('Gather', '<Gather/>').verb);
  });

  it('accepts speech as input but says that only digits are heard', () => {
    expect(read('Gather', '<Gather input="speech dtmf"/>'))
      .toMatchObject({ verb: { input: ['dtmf', 'speech'] }, codes: [12200] });
  });

  it('ignores other verbs inside (13320) and translates the codes of nested Say (13321, 13322)', () => {
    const { verb, codes } = read('Gather', '<Gather><Hangup/><Say voice="x" loop="y">a</Say><Play digits="1"/></Gather><Say loop="z">b</Say>');
    expect(verb.children).toMatchObject([{ name: 'Say', text: 'a' }]);
    expect(codes).toEqual([13320, 13321, 13322, 12200, 13510]);
  });
});

// Contract 6.1.
describe('Enqueue', () => {
  it('has its defaults', () => {
    expect(read('Enqueue', '<Enqueue> support </Enqueue>')).toEqual({
      verb: {
        name: 'Enqueue', queueName: 'support', action: undefined, method: 'POST', waitUrl: undefined,
        waitUrlMethod: 'POST',
        maxQueueSize: undefined, priority: 0, workflowSid: undefined, waitFallbackUrl: undefined,
        waitFallbackMethod: 'POST', waitErrors: 'music', addingUrl: undefined, addingMethod: 'POST', addedUrl: undefined,
        addedMethod: 'POST', given: [], fault: undefined,
      },
      warnings: [],
      codes: [],
    });
  });

  it('tells silence (empty waitUrl) from the stock music (no waitUrl)', () => {
    expect(read('Enqueue', '<Enqueue waitUrl="">q</Enqueue>').verb.waitUrl).toBe('');
  });

  it('reads its values', () => {
    expect(read('Enqueue', '<Enqueue action="/a" method="GET" waitUrl="w?x=1" waitUrlMethod="GET" maxQueueSize="5000" '
      + 'priority="999">q</Enqueue>')).toMatchObject({
      verb: { action: '/a', method: 'GET', waitUrl: 'w?x=1', waitUrlMethod: 'GET', maxQueueSize: 5_000, priority: 999 }, codes: [],
    });
  });

  it('reads our extensions, says which attributes were given, and only warns of a wrong one', () => {
    const given = 'waitFallbackUrl="f" waitFallbackMethod="GET" waitErrors="strict" addingUrl="a" addingMethod="GET" addedUrl="b"';
    const { verb, codes } = read('Enqueue', `<Enqueue ${given} addedMethod="PUT" priority="x">q</Enqueue>`);
    expect(verb).toMatchObject({
      waitFallbackUrl: 'f', waitFallbackMethod: 'GET', waitErrors: 'strict', addingUrl: 'a', addingMethod: 'GET', addedUrl: 'b',
      addedMethod: 'POST', fault: undefined,
    });
    expect(verb.given).toEqual(['waitFallbackUrl', 'waitFallbackMethod', 'waitErrors', 'addingUrl', 'addingMethod', 'addedUrl']);
    expect(codes).toEqual([12200, 12200]);
    expect(read('Enqueue', '<Enqueue waitErrors="silence" waitFallbackUrl="ftp://x/">q</Enqueue>')).toMatchObject({
      verb: { waitErrors: 'music', waitFallbackUrl: undefined, fault: undefined }, codes: [12200, 12200],
    });
  });

  it.each([
    ['method="PUT"', 14201], ['waitUrl="ftp://a.example/"', 14202], ['waitUrl="http://"', 14202],
    ['action="http://a:b:c/"', 14203], ['waitUrlMethod="HEAD"', 14206], ['workflowSid="WW1"', 14220],
  ])('with %s has fault %d', (attribute, code) => {
    expect(read('Enqueue', `<Enqueue ${attribute}>q</Enqueue>`))
      .toMatchObject({ verb: { fault: { code } }, codes: [code] });
  });

  it('refuses an empty name (14204) and one of 65 characters (14205), counting characters, not code units', () => {
    expect(read('Enqueue', '<Enqueue/>').verb.fault?.code).toBe(14204);
    expect(read('Enqueue', `<Enqueue>${'😀'.repeat(64)}</Enqueue>`).verb.fault).toBeUndefined();
    expect(read('Enqueue', `<Enqueue>${'q'.repeat(65)}</Enqueue>`).verb.fault?.code).toBe(14205);
    expect(read('Enqueue', `<Enqueue workflowSid="WW${'0'.repeat(32)}"/>`).verb)
      .toMatchObject({ queueName: '', fault: undefined });
  });

  it('only warns of a priority or size out of range', () => {
    for (const attribute of ['priority="1000"', 'priority="-1"', 'maxQueueSize="5001"', 'maxQueueSize="0"']) {
      expect(read('Enqueue', `<Enqueue ${attribute}>q</Enqueue>`)).toMatchObject({
        verb: { priority: 0, maxQueueSize: undefined, fault: undefined }, codes: [12200],
      });
    }
  });
});
