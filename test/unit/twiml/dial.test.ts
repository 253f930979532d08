import { type DialVerb, parseDocument, type TwimlWarning } from '../../../src/twiml';

function dial(xml: string): { verb: DialVerb; warnings: readonly TwimlWarning[]; codes: number[] } {
  const result = parseDocument(`<Response>${xml}</Response>`);
  if (!result.ok) throw new Error(result.message);
  const [verb] = result.document.verbs;
  if (verb?.name !== 'Dial') throw new Error('no Dial was read');
  return { verb, warnings: result.warnings, codes: result.warnings.map(({ code }) => code) };
}

const CALLEE_DEFAULTS = {
  url: undefined, method: 'POST', sendDigits: undefined, statusCallback: undefined, statusCallbackEvent: ['completed'],
  statusCallbackMethod: 'POST', fault: undefined,
};

// Contract 5.9: timeout=30 (5-600 s), timeLimit=14400, hangupOnStar=false, answerOnBridge=false, sequential=false.
describe('Dial', () => {
  it('has its defaults, and text is one number', () => {
    expect(dial('<Dial>+1 (555) 010-0123</Dial>')).toEqual({
      verb: {
        name: 'Dial', action: undefined, method: 'POST', timeout: 30, timeLimit: 14_400, hangupOnStar: false,
        callerId: undefined, callReason: undefined, answerOnBridge: false, ringTone: undefined, sequential: false,
        record: 'do-not-record', trim: 'do-not-trim', recordingTrack: 'both', recordingStatusCallback: undefined,
        recordingStatusCallbackMethod: 'POST', recordingStatusCallbackEvent: ['completed'], referUrl: undefined, referMethod: 'POST',
        nouns: [{ name: 'Number', number: '+15550100123', ...CALLEE_DEFAULTS }],
      },
      warnings: [],
      codes: [],
    });
  });

  it('reads its values', () => {
    expect(dial('<Dial action="" method="GET" timeout="5" timeLimit="60" hangupOnStar="true" callerId="+15550100" '
      + 'answerOnBridge="true" sequential="true"><Number>1000</Number></Dial>')).toMatchObject({
      verb: {
        action: '', method: 'GET', timeout: 5, timeLimit: 60, hangupOnStar: true, callerId: '+15550100',
        answerOnBridge: true,
        sequential: true,
      },
      codes: [],
    });
  });

  it.each([
    ['method="PUT"', 13210], ['timeout="4"', 13212], ['timeout="601"', 13212], ['hangupOnStar="1"', 13213],
    ['timeLimit="0"', 13216],
    ['sequential="x"', 13218], ['answerOnBridge=""', 13219], ['record="yes"', 13217], ['ringTone="xx"', 13220], ['callReason=""', 12200],
    ['trim="yes"', 12200], ['recordingTrack="left"', 12200], ['recordingStatusCallbackEvent="started"', 12200],
    ['referUrl="ftp://a"', 11100], ['ifMachine="continue"', 13211], ['callerId="anonymous caller"', 13214], ['colour="red"', 12200],
  ])('warns of %s with %d and uses the default', (attribute, code) => {
    const { verb, codes } = dial(`<Dial ${attribute}>1000</Dial>`);
    expect(codes).toEqual([code]);
    expect(verb).toEqual(dial('<Dial>1000</Dial>').verb);
  });

  it('reads how to record, what to play and where a transfer is asked about', () => {
    expect(dial('<Dial record="record-from-ringing-dual" trim="trim-silence" recordingTrack="inbound" recordingStatusCallback="/r" '
      + 'recordingStatusCallbackMethod="GET" recordingStatusCallbackEvent="in-progress completed absent" ringTone="us-old" '
      + 'callReason="Your parcel" referUrl="/refer" referMethod="GET">1000</Dial>')).toMatchObject({
      verb: {
        record: 'record-from-ringing-dual', trim: 'trim-silence', recordingTrack: 'inbound', recordingStatusCallback: '/r',
        recordingStatusCallbackMethod: 'GET', recordingStatusCallbackEvent: ['in-progress', 'completed', 'absent'],
        ringTone: 'us-old', callReason: 'Your parcel', referUrl: '/refer', referMethod: 'GET',
      },
      codes: [],
    });
  });

  it.each([
    ['true', 'record-from-answer'], ['false', 'do-not-record'], ['record-from-answer', 'record-from-answer'],
    ['record-from-ringing', 'record-from-ringing'], ['record-from-answer-dual', 'record-from-answer-dual'],
  ])('record="%s" is %s', (written, record) => {
    expect(dial(`<Dial record="${written}">1000</Dial>`)).toMatchObject({ verb: { record }, codes: [] });
  });

  // Contract 13: a caller id is checked against what is dialled.
  it.each([
    ['<Sip>sip:a@b.example</Sip>', 'support', undefined], ['<Sip>sip:a@b.example</Sip>', 'sip:joe@c.example', undefined],
    ['<Sip>sip:a@b.example</Sip>', 'two words', 13247], ['<Sip>sip:a@b.example</Sip>', 'x'.repeat(255), 13248],
    ['<Number>1000</Number>', '+15550100', undefined], ['<Number>1000</Number>', 'support', 13214],
    ['<Sip>sip:a@b.example</Sip><Number>1000</Number>', 'support', 13214],
  ])('to %s the caller id %s is judged %s', (nouns, callerId, code) => {
    const { verb, codes } = dial(`<Dial callerId="${callerId}">${nouns}</Dial>`);
    expect(codes).toEqual(code === undefined ? [] : [code]);
    expect(verb.callerId).toBe(code === undefined ? callerId : undefined);
  });

  it.each(['username="u"', 'password="p"', 'username="a&quot;b" password="p"', 'username="" password="p"', `username="${'u'.repeat(256)}" password="p"`])(
    'a Sip with %s is called without credentials (13249)', (attributes) => {
      const { verb, codes } = dial(`<Dial><Sip ${attributes}>sip:a@b.example</Sip></Dial>`);
      expect(verb.nouns).toMatchObject([{ username: undefined, password: undefined, fault: undefined }]);
      expect(new Set(codes)).toEqual(new Set([13249]));
    });

  it('dials at most ten nouns', () => {
    const eleven = (noun: string): string => `<Dial>${noun.repeat(11)}</Dial>`;
    expect(dial(eleven('<Number>1</Number>'))).toMatchObject({ verb: { nouns: { length: 10 } }, codes: [13215] });
    expect(dial(eleven('<Sip>sip:a@b.example</Sip>')))
      .toMatchObject({ verb: { nouns: { length: 10 } }, codes: [13250] });
  });

  it('keeps the order of different nouns and skips what it does not dial', () => {
    const { verb, codes } = dial('<Dial><Sip>sip:a@b.example</Sip><Client>joe</Client><Say>x</Say><Number>1</Number></Dial>');
    expect(verb.nouns.map((noun) => noun.name)).toEqual(['Sip', 'Number']);
    expect(codes).toEqual([12200, 13215]);
  });

  it('lets a Queue stand alone', () => {
    expect(dial('<Dial><Queue>a</Queue><Number>1</Number></Dial>'))
      .toMatchObject({ verb: { nouns: [{ name: 'Queue' }] }, codes: [13215] });
    expect(dial('<Dial><Number>1</Number><Queue>a</Queue></Dial>'))
      .toMatchObject({ verb: { nouns: [{ name: 'Number' }] }, codes: [13215] });
  });

  it('without anything to dial has no nouns', () => {
    expect(dial('<Dial/>').verb.nouns).toEqual([]);
  });
});

// Contract 5.10, codes 13221 method, 13222 sendDigits, 13223 format.
describe('Number', () => {
  it('reads its values', () => {
    const { verb, codes } = dial('<Dial><Number url="/w" method="GET" sendDigits="wW12#" statusCallback="/s" '
      + 'statusCallbackEvent="answered initiated" statusCallbackMethod="GET">1000</Number></Dial>');
    expect(codes).toEqual([]);
    expect(verb.nouns).toEqual([{
      name: 'Number', number: '1000', url: '/w', method: 'GET', sendDigits: 'wW12#', statusCallback: '/s',
      statusCallbackEvent: ['initiated', 'answered'], statusCallbackMethod: 'GET', fault: undefined,
    }]);
  });

  it.each([
    ['method="PUT"', 13221], ['sendDigits="a"', 13222], ['statusCallbackEvent="dialled"', 12200],
    ['machineDetection="Enable"', 12200],
  ])('warns of %s with %d', (attribute, code) => {
    const { verb, codes } = dial(`<Dial><Number ${attribute}>1000</Number></Dial>`);
    expect(codes).toEqual([code]);
    expect(verb.nouns).toEqual([{ name: 'Number', number: '1000', ...CALLEE_DEFAULTS }]);
  });

  it.each(['', 'joe', '1000;x=1', '+', '1\u00b2', '9'.repeat(33)])('refuses "%s" as a number (13223)', (number) => {
    expect(dial(`<Dial><Number>${number}</Number></Dial>`))
      .toMatchObject({ verb: { nouns: [{ fault: { code: 13223 } }] }, codes: [13223] });
  });
});

// Contract 5.11: URI under 255, headers under 1024 characters, only X- and four named headers.
describe('Sip', () => {
  const sip = (uri: string, attributes = ''): unknown => dial(`<Dial><Sip ${attributes}>${uri}</Sip></Dial>`).verb.nouns[0];

  it('splits URI and custom headers and reads the credentials', () => {
    expect(sip('sip:joe@b.example:5070;transport=tcp?X-Id=a%20b&amp;User-to-User=c', 'username="u" password=""')).toEqual({
      name: 'Sip', ...CALLEE_DEFAULTS, uri: 'sip:joe@b.example:5070;transport=tcp', username: 'u', password: '',
      headers: [{ name: 'X-Id', value: 'a b' }, { name: 'User-to-User', value: 'c' }], alternatives: [],
    });
  });

  it.each(['sip:b.example', 'sips:a@[2001:db8::1]:5061', 'a@b.example', 'sip:+1555;ext=1@10.0.0.1'])('accepts %s', (uri) => {
    expect(sip(uri)).toMatchObject({ fault: undefined });
  });

  it.each([
    ['', 13243], ['tel:1000', 13243], ['sip:a b@c', 13243], ['sip:a@', 13243], [`sip:${'a'.repeat(250)}@b`, 13243],
    ['sip:a@b?Via=x', 13252], ['sip:a@b?X-A=%0d%0aVia:%20x', 13252], ['sip:a@b?X-A=%zz', 13252],
    [`sip:a@b?X-A=${'b'.repeat(1_020)}`, 13253],
  ])('refuses %s with %d', (uri, code) => {
    expect(sip(uri)).toMatchObject({ fault: { code } });
  });
});

describe('the children of Sip', () => {
  const read = (children: string): ReturnType<typeof dial> => dial(`<Dial><Sip>${children}</Sip></Dial>`);

  it('are headers for every way to the party, and further ways with their own credentials', () => {
    const { verb, codes } = read('sip:a@b.example?X-A=1<Headers><Header name="X-B" value="2"/></Headers>'
      + '<SipUri priority="2" weight="5" username="u" password="p">sip:c@d.example?X-C=3</SipUri><SipUri>sip:e@f.example</SipUri>');
    const shared = { name: 'X-B', value: '2' };
    expect(codes).toEqual([]);
    expect(verb.nouns).toMatchObject([{
      uri: 'sip:a@b.example', headers: [{ name: 'X-A', value: '1' }, shared], fault: undefined,
      alternatives: [
        { uri: 'sip:c@d.example', headers: [{ name: 'X-C', value: '3' }, shared], priority: 2, weight: 5, username: 'u', password: 'p' },
        { uri: 'sip:e@f.example', headers: [shared], priority: 0, weight: 1, username: undefined, password: undefined },
      ],
    }]);
  });

  it('may stand without a URI of the noun itself', () => {
    expect(read('<SipUri>sip:a@b.example</SipUri>')).toMatchObject({
      verb: { nouns: [{ uri: '', fault: undefined, alternatives: [{ uri: 'sip:a@b.example' }] }] }, codes: [],
    });
  });

  it('that cannot be dialled are left out, each with its alert', () => {
    expect(read('<SipUri>nobody</SipUri><SipUri priority="x">sip:a@b.example</SipUri>')).toMatchObject({
      verb: { nouns: [{ fault: undefined, alternatives: [{ uri: 'sip:a@b.example' }] }] }, codes: [13243, 12200],
    });
    expect(read('<SipUri>nobody</SipUri>')).toMatchObject({ verb: { nouns: [{ fault: { code: 13243 } }] } });
    expect(read(`sip:a@b.example${'<SipUri>sip:a@b.example</SipUri>'.repeat(11)}`))
      .toMatchObject({ verb: { nouns: [{ alternatives: { length: 10 } }] }, codes: [13250] });
  });

  it.each([
    ['<Header name="Via" value="x"/>', 13252], ['<Header name="X-A" value="a&#10;Via: b"/>', 13252],
    [`<Header name="X-A" value="${'a'.repeat(1_020)}"/>`, 13253],
  ])('headers %s are refused with %d, like those of the URI', (header, code) => {
    expect(read(`sip:a@b.example<Headers>${header}</Headers>`)).toMatchObject({ verb: { nouns: [{ fault: { code } }] }, codes: [code] });
  });

  it('other than these are ignored', () => {
    expect(read('sip:a@b.example<Say>x</Say><Headers><Header value="1"/><Shout/></Headers>').codes).toEqual([12200, 12200, 12200]);
  });
});

// Contract 6.4, errors 14210 method, 14211 url, 14212/14213 name, 14215 reservation, 14216 activity.
describe('Queue', () => {
  it('reads its values', () => {
    expect(dial('<Dial><Queue url="w" method="GET">support</Queue></Dial>').verb.nouns).toEqual([{
      name: 'Queue', queueName: 'support', url: 'w', method: 'GET', reservationSid: undefined,
      postWorkActivitySid: undefined,
      fault: undefined,
    }]);
  });

  it.each([
    ['<Queue method="PUT">q</Queue>', 14210], ['<Queue url="gopher://a">q</Queue>', 14211], ['<Queue/>', 14212],
    [`<Queue>${'q'.repeat(65)}</Queue>`, 14213], ['<Queue reservationSid="x">q</Queue>', 14215],
    ['<Queue postWorkActivitySid="x">q</Queue>', 14216],
  ])('%s has fault %d', (xml, code) => {
    expect(dial(`<Dial>${xml}</Dial>`)).toMatchObject({ verb: { nouns: [{ fault: { code } }] }, codes: [code] });
  });
});
