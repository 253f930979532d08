import { type Clock, DropReport, sourceKey, TokenBuckets } from '../../lib';
import type { SipMessage } from '../../protocol/sip';
import type { SipStackOptions } from '../../sip-stack';
import type { DialogTable } from './dialog-table';
import { defaultSourceRate, type SourceList, type SourceRate } from './sources';

export interface AdmissionOptions {
  readonly clock: Clock;
  /** Who may speak to the server; absent: everybody. */
  readonly sources?: SourceList;
  readonly rate?: SourceRate;
  /** Takes the line that tells what was dropped. */
  readonly log?: (line: string) => void;
}

/**
 * Who is heard at all. A stranger gets no answer to anything, so that a scanner cannot tell the address from an empty
 * one; what belongs to a dialog is heard wherever it comes from, since only who we called knows its tags, and so are
 * responses, which nothing answers and which match a request of ours or fall away.
 */
export class Admission {
  readonly #sources: SourceList | undefined;
  readonly #limit: TokenBuckets;
  readonly #report: DropReport<'stranger' | 'rate'>;

  constructor({ clock, sources, rate, log }: AdmissionOptions) {
    this.#sources = sources;
    this.#limit = new TokenBuckets(clock, rate ?? defaultSourceRate);
    this.#report = new DropReport(clock, log ?? (() => undefined));
  }

  /** What the SIP stack asks. */
  hooks(dialogs: DialogTable): Pick<SipStackOptions, 'hears' | 'admits' | 'acceptsConnection'> {
    return {
      hears: ({ host }) => this.#withinRate(host),
      admits: ({ host }, message) => this.#known(host) || belongs(message, dialogs) || this.#turnAway(host),
      acceptsConnection: (host) => this.#known(host) || this.#turnAway(host),
    };
  }

  /** Tells what was dropped since the last line. */
  stop(): void {
    this.#report.stop();
  }

  #known(host: string): boolean {
    return this.#sources === undefined || this.#sources.has(host);
  }

  #withinRate(host: string): boolean {
    if (this.#limit.admits(sourceKey(host))) return true;
    this.#report.count('rate', host);
    return false;
  }

  #turnAway(host: string): false {
    this.#report.count('stranger', host);
    return false;
  }
}

function belongs(message: SipMessage | undefined, dialogs: DialogTable): boolean {
  if (message === undefined) return false;
  return message.kind === 'response' || dialogs.ofRequest(message) !== undefined;
}
