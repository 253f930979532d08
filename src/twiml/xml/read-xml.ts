import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { messageOf } from '../../lib';
import { decodeEntities } from './decode-entities';
import { findForbiddenMarkup, type MarkupCaps } from './forbidden-markup';
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

/**
 * The root element of a small XML text. Refused: DOCTYPE and entity declarations (fast-xml-parser accepts and expands
 * them), what XMLValidator refuses, and what neither notices: unknown entities, `<` in attributes, two roots.
 */
export function readXml(body: string): XmlReading {
  const xml = body.replace(/^\uFEFF/, '').trim();
  const forbidden = findForbiddenMarkup(xml, CAPS);
  if (forbidden !== undefined) return { ok: false, message: forbidden };
  try {
    const validity = XMLValidator.validate(xml, { allowBooleanAttributes: false });
    if (validity !== true) {
      const { line, col, msg } = validity.err;
      return { ok: false, message: `line ${line}, column ${col}: ${shorten(msg)}` };
    }
    const parser = new XMLParser({
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
    const top = convertAll(parser.parse(xml) as unknown);
    const roots = top.filter((child): child is XmlElement => typeof child !== 'string');
    const [root, second] = roots;
    if (root === undefined) return { ok: false, message: 'there is no root element' };
    if (second !== undefined) return { ok: false, message: `there is a second root element, ${second.name}` };
    return { ok: true, root };
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
    const raw = String(value);
    if (raw.includes('<')) throw new Refusal(`attribute ${attribute} of ${name} contains "<"`);
    attributes.set(attribute, decoded(raw));
  }
  return { name, attributes, children: convertAll(node[name]) };
}

function decoded(raw: string): string {
  const text = decodeEntities(raw);
  if (text === undefined) throw new Refusal(`"${raw.slice(0, 80)}" holds an unknown entity or a bare "&"`);
  return text;
}
