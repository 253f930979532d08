import { hostname } from 'node:os';
import { type Clock, newUuid } from '../../../lib';
import { encodeEslEvent, type EslEventFormat, type EslHeaders } from '../../../protocol/esl';

/** One event on its way to its listeners; its bytes are made once per format, however many listen. */
export interface PublishedEvent {
  readonly name: string;
  /** Of CUSTOM events. */
  readonly subclass: string | undefined;
  readonly headers: EslHeaders;
  bytes(format: EslEventFormat): Buffer;
}

export interface EventListener {
  /** Whether an event of this name would be delivered; asked before its headers are put together. */
  wants(name: string, subclass: string | undefined): boolean;
  deliver(event: PublishedEvent): void;
}

export interface PublishOptions {
  /** Of a CUSTOM event. */
  readonly subclass?: string;
  readonly body?: string;
}

/** Gives every event its standard headers (contract page section 4) and hands it to those who want it. */
export class EventHub {
  readonly coreUuid = newUuid();
  readonly hostname = hostname();
  readonly #listeners = new Set<EventListener>();
  #sequence = 0;

  constructor(private readonly address: string, private readonly clock: Clock) {}

  /** Returns the function that ends the subscription. */
  add(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `headers` is called only when somebody listens. */
  publish(name: string, headers: () => EslHeaders, options: PublishOptions = {}): void {
    const { subclass, body } = options;
    const interested = [...this.#listeners].filter((listener) => listener.wants(name, subclass));
    if (interested.length === 0) return;
    const all = { ...this.baseHeaders(name), ...(subclass ? { 'Event-Subclass': subclass } : {}), ...headers() };
    const whole = body === undefined ? { headers: all } : { headers: all, body };
    const made = new Map<EslEventFormat, Buffer>();
    const event: PublishedEvent = {
      name, subclass, headers: all,
      bytes(format) {
        const bytes = made.get(format) ?? encodeEslEvent(whole, format);
        made.set(format, bytes);
        return bytes;
      },
    };
    for (const listener of interested) listener.deliver(event);
  }

  baseHeaders(name: string): EslHeaders {
    const now = this.clock.now();
    const date = new Date(now);
    this.#sequence += 1;
    return {
      'Event-Name': name,
      'Core-UUID': this.coreUuid,
      'FreeSWITCH-Hostname': this.hostname,
      'FreeSWITCH-Switchname': this.hostname,
      'FreeSWITCH-IPv4': this.address,
      'FreeSWITCH-IPv6': '::1',
      'Event-Date-Local': date.toISOString().slice(0, 19).replace('T', ' '),
      'Event-Date-GMT': date.toUTCString(),
      'Event-Date-Timestamp': String(now * 1000),
      'Event-Sequence': String(this.#sequence),
    };
  }
}
