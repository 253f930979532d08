import { crc32 } from 'node:zlib';
import { type ParsedDocument, parseDocument } from './parse-document';

export interface CompiledDocumentsOptions {
  /** Of all accounts together. */
  readonly bytes: number;
  /** Default an eighth of `bytes`: nobody's documents push out everybody else's. */
  readonly bytesPerAccount?: number;
}

interface Compiled {
  readonly body: Buffer;
  readonly parsed: ParsedDocument;
  readonly bytes: number;
}

/** The one used longest ago first. */
interface Shelf {
  readonly documents: Map<string, Compiled>;
  bytes: number;
}

/** An upper bound for body, text and verbs: of the benchmark's documents none took more than 4 times its size beside the body. */
const bytesOf = (body: Uint8Array): number => 1_024 + 5 * body.length;

/**
 * Documents as they were parsed, by account and body: a wait document that says the same again costs a comparison. Pure as
 * parseDocument is: what comes out depends on what goes in, whether it was kept or not. Least recently used goes first.
 */
export class CompiledDocuments {
  readonly #options: Required<CompiledDocumentsOptions>;
  readonly #shelves = new Map<string, Shelf>();
  #bytes = 0;

  constructor({ bytes, bytesPerAccount = bytes / 8 }: CompiledDocumentsOptions) {
    this.#options = { bytes, bytesPerAccount };
  }

  /** What is kept, as it is counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** parseDocument(body, contentType), or what it returned before. Frozen: every call with this document shares it. */
  of(accountSid: string, body: Uint8Array, contentType = ''): ParsedDocument {
    const shelf = this.#shelf(accountSid);
    const key = `${body.length} ${crc32(body)} ${contentType}`;
    const kept = shelf.documents.get(key);
    // The checksum finds; the bytes decide, for a checksum can be forged.
    if (kept && kept.body.equals(body)) {
      shelf.documents.delete(key);
      shelf.documents.set(key, kept);
      return kept.parsed;
    }
    const parsed = deepFrozen(parseDocument(body, contentType));
    this.#keep(shelf, key, { body: Buffer.from(body), parsed, bytes: bytesOf(body) + 2 * key.length });
    return parsed;
  }

  #shelf(accountSid: string): Shelf {
    const shelf = this.#shelves.get(accountSid) ?? { documents: new Map<string, Compiled>(), bytes: 0 };
    this.#shelves.delete(accountSid);
    this.#shelves.set(accountSid, shelf);
    return shelf;
  }

  #keep(shelf: Shelf, key: string, compiled: Compiled): void {
    this.#drop(shelf, key);
    if (compiled.bytes > this.#options.bytesPerAccount) return;
    shelf.documents.set(key, compiled);
    shelf.bytes += compiled.bytes;
    this.#bytes += compiled.bytes;
    while (shelf.bytes > this.#options.bytesPerAccount) this.#dropOldest(shelf);
    for (const [accountSid, oldest] of this.#shelves) {
      while (this.#bytes > this.#options.bytes && oldest.documents.size > 0) this.#dropOldest(oldest);
      if (oldest.documents.size === 0 && oldest !== shelf) this.#shelves.delete(accountSid);
      if (this.#bytes <= this.#options.bytes) return;
    }
  }

  #dropOldest(shelf: Shelf): void {
    const [key] = shelf.documents.keys();
    if (key !== undefined) this.#drop(shelf, key);
  }

  #drop(shelf: Shelf, key: string): void {
    const dropped = shelf.documents.get(key);
    if (!dropped) return;
    shelf.documents.delete(key);
    shelf.bytes -= dropped.bytes;
    this.#bytes -= dropped.bytes;
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFrozen(part);
  return Object.freeze(value);
}
