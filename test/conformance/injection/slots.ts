import { nounRegistry, type Verb, verbRegistry } from '../../../src/twiml';
import type { HostileStrings } from './hostile-strings';

/** A place in a document where a tenant may write what he likes. */
export interface Slot {
  readonly name: string;
  /** The verb that the document has. */
  readonly verb: Verb['name'];
  /** How many strings it takes: its own, and for a noun of Dial two more in attributes of the Dial around it. */
  readonly takes: number;
  readonly document: (texts: readonly string[]) => string;
}

/** The text as XML says it; what XML cannot say becomes U+FFFD. */
function escaped(text: string): string {
  return text.toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\t\n\r\u007f-\u009f]/g, (one) => `&#${one.codePointAt(0)};`);
}

/** Text that XML cannot say is also sent as it is: the reader has to refuse it. */
const written = (text: string, raw: boolean): string => (raw ? text : escaped(text));

const CONTENT: Readonly<Record<string, string>> = {
  Say: 'hello', Play: 'http://app.test/a.wav', Dial: '<Number>+15550101</Number>', Number: '+15550101', Sip: 'sip:bob@192.0.2.7?X-B=1',
  Queue: 'support', Enqueue: 'support', Redirect: '/next', Gather: '<Say>press</Say>',
};

const element = (name: string, attributes: string, content: string): string => `<${name}${attributes}>${content}</${name}>`;

/** Every attribute and every text of every verb and noun, and the parts of a SIP URI. */
export function allSlots(random: HostileStrings): readonly Slot[] {
  const isRaw = (): boolean => random.below(10) === 0;
  const slot = (name: string, verb: Slot['verb'], inner: (text: string) => string): Slot =>
    ({ name, verb, takes: 1, document: ([text = '']) => `<Response>${inner(written(text, isRaw()))}</Response>` });
  /** The Dial around a noun says more. */
  const within = (one: Slot): Slot => ({
    ...one, takes: 3,
    document: ([text = '', callerId = '', callReason = '']) => one.document([text])
      .replace('<Dial>', () => `<Dial callerId="${escaped(callerId)}" callReason="${escaped(callReason)}">`),
  });
  const places = (spec: { name: string; attributes: object; notYetAttributes: readonly string[] }, verb: Slot['verb']): Slot[] => {
    const around = (inner: string): string => (spec.name === verb ? inner : `<${verb}>${inner}</${verb}>`);
    const attributes = [...Object.keys(spec.attributes), ...spec.notYetAttributes].map((attribute) =>
      slot(`${spec.name} ${attribute}`, verb, (text) => around(element(spec.name, ` ${attribute}="${text}"`, CONTENT[spec.name] ?? ''))));
    return [...attributes, slot(`${spec.name} text`, verb, (text) => around(element(spec.name, '', text)))];
  };
  const sip = (name: string, uri: (text: string) => string): Slot =>
    within(slot(`Sip ${name}`, 'Dial', (text) => `<Dial><Sip username="u" password="p">${uri(text)}</Sip></Dial>`));
  const percent = (text: string): string => encodeURIComponent(text.toWellFormed());
  return [
    ...Object.values(verbRegistry).flatMap((spec) => places(spec, spec.name)),
    ...Object.values(nounRegistry).flatMap((spec) => places(spec, 'Dial')).map(within),
    sip('user', (text) => `sip:${text}@192.0.2.7`),
    sip('escaped user', (text) => `sip:${percent(text)}@192.0.2.7`),
    sip('password', (text) => `sip:bob:${text}@192.0.2.7`),
    sip('host', (text) => `sip:bob@${text}`),
    sip('parameter', (text) => `sip:bob@192.0.2.7;${text}`),
    sip('parameter value', (text) => `sip:bob@192.0.2.7;x=${text}`),
    sip('header name', (text) => `sip:bob@192.0.2.7?${text}=1`),
    sip('X header name', (text) => `sip:bob@192.0.2.7?X-${text}=1`),
    sip('header value', (text) => `sip:bob@192.0.2.7?X-A=${text}`),
    sip('escaped header value', (text) => `sip:bob@192.0.2.7?X-A=${percent(text)}`),
    within(slot('Sip digest credentials', 'Dial', (text) => `<Dial><Sip username="${text}" password="${text}">sip:bob@192.0.2.7</Sip></Dial>`)),
    slot('Dial callerId as URI', 'Dial', (text) => `<Dial callerId="sip:${text}@x"><Number>+15550101</Number></Dial>`),
    slot('Gather child', 'Gather', (text) => `<Gather timeout="1"><Say voice="${text}">${text}</Say><Play>${text}</Play></Gather>`),
  ];
}
