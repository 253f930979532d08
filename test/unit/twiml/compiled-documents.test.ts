import { crc32 } from 'node:zlib';
import { CompiledDocuments } from '../../../src/twiml/compiled-documents';
import { parseDocument } from '../../../src/twiml';

const TYPE = 'text/xml; charset=utf-8';
const say = (text: string): Buffer => Buffer.from(`<Response><Say>${text}</Say></Response>`);

describe('compiled documents', () => {
  it('are what parsing gives, and the very same value the second time', () => {
    const documents = new CompiledDocuments({ bytes: 1e6 });
    const first = documents.of('AC1', say('hello'), TYPE);
    expect(first).toEqual(parseDocument(say('hello'), TYPE));
    expect(documents.of('AC1', say('hello'), TYPE)).toBe(first);
  });

  it('cannot be changed by one call for the other', () => {
    const parsed = new CompiledDocuments({ bytes: 1e6 }).of('AC1', say('hello'), TYPE);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(() => (parsed.document.verbs as unknown[]).push('x')).toThrow(TypeError);
    expect(() => Object.assign(parsed.document.verbs[0] ?? {}, { text: 'x' })).toThrow(TypeError);
  });

  it('are kept apart by account, by content type and by every byte', () => {
    const documents = new CompiledDocuments({ bytes: 1e6 });
    const first = documents.of('AC1', say('hello'), TYPE);
    expect(documents.of('AC2', say('hello'), TYPE)).not.toBe(first);
    const latin = Buffer.from('<Response><Say>\xe9</Say></Response>', 'latin1');
    expect(documents.of('AC1', latin, 'text/xml; charset=iso-8859-1').ok).toBe(true);
    expect(documents.of('AC1', latin, TYPE).ok).toBe(false);
  });

  it('are told apart when length and checksum are the same', () => {
    const documents = new CompiledDocuments({ bytes: 1e6 });
    const [one, other] = sameChecksum();
    expect(documents.of('AC1', one, TYPE)).toEqual(parseDocument(one, TYPE));
    expect(documents.of('AC1', other, TYPE)).toEqual(parseDocument(other, TYPE));
    expect(documents.of('AC1', one, TYPE)).toEqual(parseDocument(one, TYPE));
  });

  it('do not depend on a buffer that is used again', () => {
    const documents = new CompiledDocuments({ bytes: 1e6 });
    const body = say('hello');
    documents.of('AC1', body, TYPE);
    body.write('other', body.indexOf('hello'));
    expect(documents.of('AC1', body, TYPE)).toEqual(parseDocument(say('other'), TYPE));
    expect(documents.of('AC1', say('hello'), TYPE)).toEqual(parseDocument(say('hello'), TYPE));
  });

  it('stay within their bytes, of an account and of all; the one used longest ago goes first', () => {
    const documents = new CompiledDocuments({ bytes: 100_000, bytesPerAccount: 30_000 });
    const kept = documents.of('AC1', say('kept'), TYPE);
    const dropped = documents.of('AC1', say('dropped'), TYPE);
    for (let number = 0; number < 200; number += 1) {
      documents.of('AC1', say(`number ${number}`), TYPE);
      expect(documents.of('AC1', say('kept'), TYPE)).toBe(kept);
      expect(documents.bytes).toBeLessThanOrEqual(30_000);
    }
    expect(documents.of('AC1', say('dropped'), TYPE)).not.toBe(dropped);
    for (let number = 0; number < 200; number += 1) {
      for (let account = 2; account < 8; account += 1) documents.of(`AC${account}`, say(`number ${number}`), TYPE);
      expect(documents.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(documents.of('AC1', say('kept'), TYPE)).not.toBe(kept);
  });

  it('are not kept when one alone is too large', () => {
    const documents = new CompiledDocuments({ bytes: 100_000 });
    expect(documents.of('AC1', say('x'.repeat(9_000)), TYPE).ok).toBe(true);
    expect(documents.bytes).toBe(0);
  });
});

/** Two documents of one length and one CRC-32: among 200,000 of them some two agree in 32 bits. */
function sameChecksum(): [Buffer, Buffer] {
  const seen = new Map<number, Buffer>();
  for (let number = 100_000; number < 999_999; number += 1) {
    const body = say(`${number * 7_919}`.padStart(12, 'x'));
    const sum = crc32(body);
    const other = seen.get(sum);
    if (other) return [other, body];
    seen.set(sum, body);
  }
  throw new Error('no two documents agree');
}
