import type { EslEventFormat, EslHeaders } from '../../../protocol/esl';
import type { EventListener, PublishedEvent } from './event-hub';

/** FreeSWITCH names events with or without this prefix (contract page section 2). */
const PREFIX = /^SWITCH_EVENT_/;

/** What one connection listens to: event names, custom subclasses and positive filters. */
export class Subscription implements EventListener {
  readonly #names = new Set<string>();
  readonly #subclasses = new Set<string>();
  #filters: { readonly name: string; readonly value: string }[] = [];
  #all = false;
  format: EslEventFormat = 'plain';
  /** Only events of this channel, or of any when undefined (an outbound connection in `myevents`). */
  onlyChannel: string | undefined;

  constructor(private readonly send: (bytes: Buffer) => void) {}

  /** The words after `event <format>`; everything after CUSTOM is a subclass. */
  add(words: readonly string[]): void {
    let custom = false;
    for (const word of words) {
      const name = word.replace(PREFIX, '');
      if (custom) this.#subclasses.add(word);
      else if (name.toUpperCase() === 'CUSTOM') custom = true;
      else if (name.toUpperCase() === 'ALL') this.#all = true;
      else this.#names.add(name.toUpperCase());
    }
  }

  remove(words: readonly string[]): void {
    let custom = false;
    for (const word of words) {
      const name = word.replace(PREFIX, '').toUpperCase();
      if (custom) this.#subclasses.delete(word);
      else if (name === 'CUSTOM') custom = true;
      else if (name === 'ALL') this.clear();
      else this.#names.delete(name);
    }
  }

  /** True when there was anything to stop. */
  clear(): boolean {
    const had = this.#all || this.#names.size > 0 || this.#subclasses.size > 0;
    this.#all = false;
    this.#names.clear();
    this.#subclasses.clear();
    return had;
  }

  addFilter(name: string, value: string): void {
    this.#filters.push({ name, value });
  }

  /** Without a value all of that header; `all` every filter. */
  removeFilter(name: string, value?: string): void {
    this.#filters = name.toLowerCase() === 'all'
      ? []
      : this.#filters.filter((filter) => filter.name !== name || (value !== undefined && filter.value !== value));
  }

  wants(name: string, subclass: string | undefined): boolean {
    if (this.#all) return true;
    return subclass === undefined ? this.#names.has(name) : this.#subclasses.has(subclass);
  }

  deliver(event: PublishedEvent): void {
    if (this.onlyChannel !== undefined && event.headers['Unique-ID'] !== this.onlyChannel) return;
    if (this.#filters.length > 0 && !this.#passes(event.headers)) return;
    this.send(event.bytes(this.format));
  }

  /** Any match lets an event pass; a header it lacks never does (contract page section 4). */
  #passes(headers: EslHeaders): boolean {
    return this.#filters.some(({ name, value }) => {
      const found = headers[name];
      if (found === undefined) return false;
      const pattern = /^\/(.*)\/$/.exec(value);
      return pattern ? new RegExp(pattern[1] ?? '').test(found) : found === value;
    });
  }
}
