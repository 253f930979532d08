import { Findings, SCHEMA_WARNING, type TwimlWarning } from './findings';
import { isVerbName, NOT_YET_VERBS, type Verb, verbRegistry } from './verb-registry';
import { decodeText } from './xml/decode-text';
import { readXml } from './xml/read-xml';
import { elementsOf, type XmlElement } from './xml/xml-element';

export interface TwimlDocument {
  readonly verbs: readonly Verb[];
}

/** 12100 not well-formed XML (a DOCTYPE, a charset we do not read, more elements than the caps allow), 12101 an XML version that is not 1.x, 12102 the root is not Response, 11750 more than 64 kB. */
export type UnusableDocumentCode = 12100 | 12101 | 12102 | 11750;

export type ParsedDocument =
  | { readonly ok: true; readonly document: TwimlDocument; readonly warnings: readonly TwimlWarning[] }
  | { readonly ok: false; readonly code: UnusableDocumentCode; readonly message: string };

/** Largest document, in bytes as received (of text: in UTF-8): the cap applies before anything is parsed. */
export const MAX_DOCUMENT_BYTES = 64 * 1024;

/**
 * The verbs of an XML document, in order. An empty body is a document without verbs (contract 4: end of program), with
 * warning 11770. Unknown verbs and attributes are skipped with warning 12200. A body of bytes is decoded by its byte order
 * mark or the charset of `contentType` (the whole header).
 */
export function parseDocument(body: string | Uint8Array, contentType = ''): ParsedDocument {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  if (bytes > MAX_DOCUMENT_BYTES) {
    return { ok: false, code: 11750, message: `the document has ${bytes} bytes, more than ${MAX_DOCUMENT_BYTES}` };
  }
  const decoded = typeof body === 'string' ? { ok: true as const, text: body } : decodeText(body, contentType);
  if (!decoded.ok) return { ok: false, code: 12100, message: decoded.message };
  const { text } = decoded;
  const findings = new Findings();
  if (text.trim() === '') {
    findings.warn('Response', 11770, 'the document is empty');
    return { ok: true, document: { verbs: [] }, warnings: findings.warnings };
  }
  const version = /^\s*<\?xml\s+version\s*=\s*["']([^"'<>]{0,16})/.exec(text)?.[1];
  // A processor of XML 1.0 reads any 1.x (XML 1.0, fifth edition, section 2.8).
  if (version !== undefined && !/^1\.\d+$/.test(version)) {
    return { ok: false, code: 12101, message: `XML ${version} is not XML 1.0` };
  }
  const xml = readXml(text);
  if (!xml.ok) return { ok: false, code: 12100, message: xml.message };
  if (xml.root.name !== 'Response') {
    return { ok: false, code: 12102, message: `the root element is ${xml.root.name.slice(0, 80)}, not Response` };
  }
  return { ok: true, document: { verbs: readVerbs(xml.root, findings) }, warnings: findings.warnings };
}

function readVerbs(root: XmlElement, findings: Findings): readonly Verb[] {
  if (root.children.some((child) => typeof child === 'string' && child.trim() !== '')) {
    findings.warn('Response', SCHEMA_WARNING, 'text beside the verbs was ignored');
  }
  return elementsOf(root).map((element) => readVerb(element, findings)).filter((verb) => verb !== undefined);
}

function readVerb(element: XmlElement, findings: Findings): Verb | undefined {
  if (isVerbName(element.name)) return verbRegistry[element.name].read(element, findings);
  const why = NOT_YET_VERBS.some((name) => name === element.name) ? 'is not supported by this gateway' : 'is unknown';
  findings.warn(element.name.slice(0, 80), SCHEMA_WARNING, `verb ${element.name.slice(0, 80)} ${why} and was skipped`);
  return undefined;
}
