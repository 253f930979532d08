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

  /** Reports from now until the call ends. */
  start(): void {
    this.#report('initiated', 'initiated');
    const stop = this.#call.follow((fact) => {
      if (fact.type === 'call.ringing') this.#report('ringing', 'ringing');
      else if (fact.type === 'call.answered') this.#report('answered', 'in-progress');
      else if (fact.type === 'call.completed') {
        stop();
        const durationS = Math.ceil(fact.durationMs / 1_000);
        this.#report('completed', fact.status, {
          CallDuration: String(durationS),
          Duration: String(Math.ceil(durationS / 60)),
          ...this.#call.recording,
          ...(fact.sipStatus === undefined ? {} : { SipResponseCode: String(fact.sipStatus) }),
        });
      }
    });
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
