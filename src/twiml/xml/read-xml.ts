import { XMLParser } from 'fast-xml-parser';
import { messageOf } from '../../lib';
import { decodeEntities } from './decode-entities';
import { type MarkupCaps, markupFault } from './markup-fault';
import { type XmlElement } from './xml-element';

export type XmlReading =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly message: string };

/** Deepest legal TwiML is Response > Gather > Say > SSML four deep, the longest attributes are URLs and SSML phonemes. */
const CAPS: MarkupCaps = Object.freeze({ depth: 16, elements: 1_000, attributes: 64, attributeValue: 4_096, sections: 1_000 });

const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';

/** Raised while converting, turned into a refusal by readXml: it never leaves this file. */
class Refusal extends Error {}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  textNodeName: TEXT,
  cdataPropName: CDATA,
});

/**
 * The root element of a small XML text. Refused: what is not well-formed, and all that fast-xml-parser reads without a word,
 * DOCTYPE and entity declarations (which it expands) first of all. Its own validator has no part in it: what it refuses
 * is refused here (test/unit/twiml/xml), and it took six times as long as the scan.
 */
export function readXml(body: string): XmlReading {
  const xml = body.replace(/^\uFEFF/, '').trim();
  const fault = markupFault(xml, CAPS);
  if (fault !== undefined) return { ok: false, message: fault };
  try {
    const root = convertAll(PARSER.parse(xml) as unknown).find((child) => typeof child !== 'string');
    return root === undefined ? { ok: false, message: 'there is no root element' } : { ok: true, root };
  } catch (thrown) {
    // fast-xml-parser throws on names such as __proto__; for the tenant that is XML we do not accept.
    return { ok: false, message: shorten(messageOf(thrown)) };
  }
}

/** The parser's messages repeat what was written, all of it. */
const shorten = (message: string): string => (message.length > 200 ? `${message.slice(0, 200)}...` : message);

function convertAll(nodes: unknown): (XmlElement | string)[] {
  return Array.isArray(nodes) ? nodes.map((node) => convert(node as Record<string, unknown>)) : [];
}

/** One node of fast-xml-parser's ordered output: `{ '#text' }`, `{ '#cdata' }`, or `{ <name>: [...], ':@': {...} }`. */
function convert(node: Record<string, unknown>): XmlElement | string {
  if (Object.hasOwn(node, TEXT)) return decoded(String(node[TEXT]));
  if (Object.hasOwn(node, CDATA)) {
    const parts = node[CDATA] as readonly Record<string, unknown>[];
    return parts.map((part) => String(part[TEXT])).join('');
  }
  const name = Object.keys(node).find((key) => key !== ATTRIBUTES);
  if (name === undefined) throw new Refusal('an element has no name');
  const attributes = new Map<string, string>();
  for (const [attribute, value] of Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, unknown>)) {
    attributes.set(attribute, decoded(String(value)));
  }
  return { name, attributes, children: convertAll(node[name]) };
}

function decoded(raw: string): string {
  const text = decodeEntities(raw);
  if (text === undefined) throw new Refusal(`"${raw.slice(0, 80)}" holds an unknown entity or a bare "&"`);
  return text;
}
