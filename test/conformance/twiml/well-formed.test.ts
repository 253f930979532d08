import { XMLValidator } from 'fast-xml-parser';
import { parseDocument } from '../../../src/twiml';
import { CorpusCount } from '../../support/corpus-count';
import { seededRandom } from '../../support/seeded-random';
import { hostileDocuments } from './hostile-documents';

const MUTATIONS = Number(process.env.HOLDFAST_XML_MUTATIONS ?? 20_000);
const SEED = Number(process.env.HOLDFAST_XML_SEED ?? Date.now() % 2 ** 31);

const DOCUMENTS = [
  '<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n  <Say voice="alice" language=\'en-GB\'>Hello &amp; good <emphasis level="strong">day</emphasis></Say>\n</Response>\n',
  '<Response><Gather action="/menu?a=1&amp;b=2" numDigits = "1"><Play>a.mp3</Play><Pause/></Gather><!-- then --><Redirect method="GET"/></Response>',
  '<Response><Dial timeout="20"><Number url="/x">+4930</Number><Sip>sip:a@b.example</Sip></Dial><Say><![CDATA[1 < 2 & ]]>&#65;&#x42;</Say><?pi x?></Response>',
];
const PIECES = [
  '<', '>', '/', '"', "'", '&', ';', '=', ' ', '\n', '\t', '\u00a0', '\u1680', '\u0301', '\u{1f600}', 'a', 'Say', '!', '?', ']', '-', '#', 'x', '0', '.', ':',
  '</', '/>', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', '&amp;', '&lt;', '&#', '<a>', '</a>', '<a b="c"/>', ' a="b"', ' a', '</Say>', '<!DOCTYPE a>',
];

/** What fast-xml-parser's validator, which has no part in our reader, says of a text as our reader sees it. */
const isValid = (xml: string): boolean => XMLValidator.validate(xml.replace(/^\uFEFF/, '').trim(), { allowBooleanAttributes: false }) === true;

describe('whatever XMLValidator refuses', () => {
  const told = new CorpusCount('xml');
  afterAll(() => told.print());

  it(`is refused when documents are broken at random, ${MUTATIONS} times (HOLDFAST_XML_SEED=${SEED})`, () => {
    const random = seededRandom(SEED);
    const below = (count: number): number => Math.floor(random() * count);
    const broken = (): string => {
      let text = DOCUMENTS[below(DOCUMENTS.length)] ?? '';
      for (let changes = 1 + below(3); changes > 0; changes -= 1) {
        const at = below(text.length + 1);
        const moved = random() < 0.2 ? text.slice(at, at + below(20)) : PIECES[below(PIECES.length)] ?? '';
        const to = random() < 0.2 ? below(text.length + 1) : at;
        const rest = text.slice(0, at) + text.slice(at + (random() < 0.5 ? 0 : below(6)));
        text = rest.slice(0, to) + moved + rest.slice(to);
      }
      return text;
    };
    const wrong: string[] = [];
    let [read, refused] = [0, 0];
    for (let number = 0; number < MUTATIONS; number += 1) {
      const xml = broken();
      const isRead = parseDocument(xml).ok;
      const mustBeRefused = xml.trim() !== '' && !isValid(xml);
      if (isRead && mustBeRefused) wrong.push(xml);
      if (isRead) read += 1;
      else if (mustBeRefused) refused += 1;
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    // Neither a reader that refuses all nor a validator that accepts all would have shown anything.
    expect(Math.min(read, refused)).toBeGreaterThan(MUTATIONS / 10);
    told.add('broken at random and refused as XMLValidator does', refused);
    told.add('broken at random and still read', read);
  }, 60_000);

  it('is refused in the corpus of hostile documents', () => {
    const refused = hostileDocuments().map(({ name, body }) => ({ name, xml: body.toString('utf8') }))
      .filter(({ xml }) => xml.length < 70_000 && xml.trim() !== '' && !isValid(xml));
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.filter(({ xml }) => parseDocument(xml).ok).map(({ name }) => name)).toEqual([]);
  });
});
