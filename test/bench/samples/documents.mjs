const document = (...verbs) => `<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n  ${verbs.join('\n  ')}\n</Response>\n`;
const say = (text) => `<Say voice="alice" language="en-GB">${text}</Say>`;
const play = (url, more = '') => `<Play${more}>${url}</Play>`;
const SENTENCE = 'Thank you for calling; all of our agents are busy at the moment, but your call is important to us &amp; will be answered. ';

const gather = (choices) => [
  '<Gather action="/menu?step=2&amp;lang=en" method="POST" input="dtmf" numDigits="1" timeout="6" finishOnKey="">',
  ...choices.map((choice, at) => `    ${say(`For ${choice}, press ${at + 1}.`)}`),
  '    <Pause length="1"/>', '  </Gather>',
].join('\n  ');
const numbers = (count) => [
  '<Dial action="https://crm.example.com/calls/ended" timeout="20" timeLimit="3600" callerId="+493055501000">',
  ...Array.from({ length: count }, (_, at) =>
    `    <Number statusCallback="https://crm.example.com/calls/${at}/status" statusCallbackEvent="initiated ringing answered completed">+49305550${at + 2000}</Number>`),
  '  </Dial>',
].join('\n  ');
const ssml = '<Say voice="Polly.Amy" language="en-GB">You are <emphasis level="strong">number</emphasis> '
  + '<say-as interpret-as="ordinal">3</say-as><break time="300ms"/> in the queue. <prosody rate="slow">Please hold.</prosody></Say>';

const sample = (name, verbs, ...parts) => ({ name, verbs, xml: document(...parts) });
const repeated = (count, make) => Array.from({ length: count }, (_, at) => make(at));

/** Twelve documents as applications write them, 0.2 to 20 kB; `verbs` is what each must give. */
export const DOCUMENTS = [
  sample('hang up', 2, say('We are closed today. Please call again tomorrow between nine and five.'), '<Hangup/>'),
  sample('enqueue', 1, '<Enqueue action="/queue/ended" waitUrl="/queue/wait?lang=en&amp;brand=main" waitUrlMethod="GET" priority="10">support</Enqueue>'),
  sample('position', 3, ssml, play('https://cdn.example.com/audio/hold/chapter-1.mp3'), '<Redirect method="GET">/queue/wait?chapter=2</Redirect>'),
  sample('agent', 1, '<Dial action="/agent/done" record="record-from-answer" timeout="30"><Queue url="/agent/whisper" method="POST">support</Queue></Dial>'),
  sample('menu', 3, gather(['sales', 'support', 'billing', 'anything else']), say('We did not hear a key.'), '<Redirect>/menu</Redirect>'),
  sample('ring all', 1, numbers(5)),
  sample('playlist', 9, ...repeated(8, (at) => play(`https://cdn.example.com/audio/hold/${at}.mp3?sig=0123456789abcdef0123456789abcdef&amp;e=1790000000`, ' loop="1"')), '<Redirect/>'),
  sample('long greeting', 2, say(SENTENCE.repeat(20)), '<Pause length="2"/>'),
  sample('cdata', 3, `<Say><![CDATA[${SENTENCE.repeat(25).replaceAll('&amp;', '&')}]]></Say>`, '<!-- then the menu -->', gather(['yes', 'no']), '<Hangup/>'),
  sample('many verbs', 60, ...repeated(30, (at) => `${say(`Step ${at}: ${SENTENCE}`)}\n  <Pause length="1"/>`)),
  sample('ring many', 4, ...repeated(4, () => numbers(10))),
  sample('speech', 12, ...repeated(12, () => `<Say voice="alice" language="en-GB">${SENTENCE.repeat(13)}</Say>`)),
];
