import { XMLParser } from 'fast-xml-parser';
import { mustBe } from './harness/compare.mjs';
import { room } from './harness/dist.mjs';
import { DOCUMENTS } from './samples/documents.mjs';

const { CompiledDocuments, parseDocument } = room('twiml');

/** Of all documents; the cached side is so much faster that it needs more for the clock to see it. */
const [ROUNDS, CACHED_ROUNDS] = [300, 15_000];
/** As readXml sets it: ordered, with attributes, entities and numbers left alone. */
const SAME_OPTIONS = {
  preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false, parseAttributeValue: false,
  trimValues: false, processEntities: false, ignoreDeclaration: true, ignorePiTags: true, textNodeName: '#text', cdataPropName: '#cdata',
};
const TYPE = 'text/xml; charset=utf-8';

export const benchmark = {
  id: 'B6',
  title: 'Documents',
  what: `bytes to typed verbs of ${DOCUMENTS.length} documents of 0.2 to 20 kB: charset, caps, well-formedness, parsing, every attribute read`,
  peer: 'fast-xml-parser alone on the same text with the same options (ordered, with attributes, entities left alone), no validation',
  figures: [
    { name: 'parse', label: 'parse and validate', cost: 'cpu', direction: 'efficiency', target: 0.55 },
    { name: 'cached', label: 'the same document again', cost: 'cpu', direction: 'efficiency', target: 20 },
  ],
  async open() {
    const bodies = DOCUMENTS.map(({ xml }) => Buffer.from(xml));
    const texts = DOCUMENTS.map(({ xml }) => xml);
    const ours = async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        bodies.forEach((body, at) => mustHold(parseDocument(body, TYPE), DOCUMENTS[at]));
      }
      return { operations: ROUNDS * bodies.length };
    };
    const compiled = new CompiledDocuments({ bytes: 32 * 1024 * 1024 });
    const cached = async () => {
      for (let round = 0; round < CACHED_ROUNDS; round += 1) {
        bodies.forEach((body, at) => mustHold(compiled.of('AC1', body, TYPE), DOCUMENTS[at]));
      }
      return { operations: CACHED_ROUNDS * bodies.length };
    };
    const parser = new XMLParser(SAME_OPTIONS);
    const peer = async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        texts.forEach((text, at) => {
          const [root] = parser.parse(text);
          mustBe(root.Response.filter((child) => !('#text' in child)).length, DOCUMENTS[at].verbs, DOCUMENTS[at].name);
        });
      }
      return { operations: ROUNDS * texts.length };
    };
    return {
      comparisons: { parse: { ours, peer, warmUps: 3 }, cached: { ours: cached, peer, warmUps: 3 } },
      facts: { bytes: texts.map(({ length }) => length).join(', ') },
      close: async () => undefined,
    };
  },
};

function mustHold(parsed, { name, verbs }) {
  if (!parsed.ok) throw new Error(`${name}: ${parsed.message}`);
  mustBe(parsed.warnings.length, 0, `${name} warnings`);
  mustBe(parsed.document.verbs.length, verbs, `${name} verbs`);
}
