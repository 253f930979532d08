import type { Call } from '../calls';
import type { Account } from './account';
import { notifyUrl } from './load-document';
import type { InterpreterPorts } from './ports';

export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

/** Twilio's dates of status callbacks: RFC 2822 in GMT (contracts/twilio 7.2). */
export const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

/** Posts one call's progress to a status callback: gapless sequence numbers, each request after the one before. */
export class StatusReporter {
  readonly #ports: InterpreterPorts;
  readonly #account: Account;
  readonly #call: Call;
  readonly #target: { readonly url: string; readonly method: 'GET' | 'POST' };
  readonly #events: ReadonlySet<StatusEvent>;
  #sequence = 0;
  #delivery: Promise<void> = Promise.resolve();

  constructor(
    ports: InterpreterPorts,
    account: Account,
    call: Call,
    target: { readonly url: string; readonly method: 'GET' | 'POST' },
    events: ReadonlySet<StatusEvent>,
  ) {
    this.#ports = ports;
    this.#account = account;
    this.#call = call;
    this.#target = target;
    this.#events = events;
  }

  /** Settles when what was reported so far has been delivered, or given up. */
  get delivered(): Promise<void> {
    return this.#delivery;
  }

  /** Reports from now until the call ends; of a call that another gateway began, what has not happened yet. */
  start(): void {
    if (this.#call.epoch > 1) this.#sequence = this.#told();
    else this.#report('initiated', 'initiated');
    if (this.#call.ended) return this.#reportEnd();
    const stop = this.#call.follow((fact) => {
      if (fact.type === 'call.ringing') this.#report('ringing', 'ringing');
      else if (fact.type === 'call.answered') this.#report('answered', 'in-progress');
      else if (fact.type === 'call.completed') {
        stop();
        this.#reportEnd(fact.sipStatus);
      }
    });
  }

  #reportEnd(sipStatus?: number): void {
    const { answeredAt, endedAt = 0, status, recording } = this.#call;
    const durationS = answeredAt === undefined ? 0 : Math.ceil((endedAt - answeredAt) / 1_000);
    this.#report('completed', status, {
      CallDuration: String(durationS),
      Duration: String(Math.ceil(durationS / 60)),
      ...recording,
      ...(sipStatus === undefined ? {} : { SipResponseCode: String(sipStatus) }),
    });
  }

  /** How many reports the gateway before us has made. */
  #told(): number {
    const { status, answeredAt } = this.#call;
    const passed: StatusEvent[] = ['initiated', ...(status === 'initiated' ? [] : ['ringing' as const]), ...(answeredAt === undefined ? [] : ['answered' as const])];
    return passed.filter((event) => this.#events.has(event)).length;
  }

  #report(event: StatusEvent, status: string, more: Record<string, string> = {}): void {
    if (!this.#events.has(event)) return;
    const params = {
      CallStatus: status,
      Timestamp: rfc2822(this.#ports.clock.now()),
      CallbackSource: 'call-progress-events',
      SequenceNumber: String(this.#sequence++),
      ...more,
    };
    this.#delivery = this.#delivery.then(() => notifyUrl(this.#ports, this.#account, this.#call, { ...this.#target, params }, 15003));
  }
}
