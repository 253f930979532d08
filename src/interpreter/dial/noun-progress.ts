import type { DialVerb } from '../../twiml';
import type { OutboundTarget } from '../account';
import type { PlacedLeg } from '../ports';
import type { VerbContext } from '../verb-context';
import type { Attempt } from './attempt';
import { followStatus } from './follow-status';
import type { LegNoun } from './leg-targets';

/** How far calling one noun is, as a gateway that takes the Dial over needs it. */
interface Noted {
  /** The ways to it so far, by whom they lead to. */
  readonly tried: readonly string[];
  /** The leg of the last of them. */
  readonly leg: string;
  /** What that came to, when nobody accepted. */
  readonly failed?: Attempt;
}

export const whoIs = (target: OutboundTarget): string => (target.kind === 'number' ? target.number : target.uri);

/** The legs that other gateways were ringing, or whose answer they were dealing with, for the nouns of this Dial. */
export const notedLegs = (context: VerbContext): ReadonlySet<string> => new Set(Object.values(allNoted(context)).map(({ leg }) => leg));

/** How far calling a noun is: noted for the next gateway, and what the one before had noted. */
export class NounProgress {
  readonly #noun: LegNoun;
  readonly #index: number;
  readonly #context: VerbContext;
  readonly #tried: string[];
  readonly #before: Noted | undefined;

  constructor(verb: DialVerb, noun: LegNoun, context: VerbContext) {
    this.#noun = noun;
    this.#index = verb.nouns.indexOf(noun);
    this.#context = context;
    this.#before = context.resumed ? allNoted(context)[this.#index] : undefined;
    this.#tried = [...(this.#before?.tried ?? [])];
  }

  /** What the last leg of another gateway came to, if it was over. */
  get failed(): Attempt | undefined {
    return this.#before?.failed;
  }

  /** The leg that another gateway was ringing, if it rings on here or was answered; told of again from where that one was. */
  resumedLeg(): PlacedLeg | undefined {
    const { call, ports } = this.#context;
    const leg = [...call.legs].find(({ sid }) => sid === this.#before?.leg);
    if (!leg || this.failed) return undefined;
    followStatus(this.#context, leg, this.#noun);
    if (!leg.endpoint) return ports.dialer.resumed(leg);
    return { call: leg, isResumed: true, final: Promise.resolve({ outcome: 'answered', endpoint: leg.endpoint, headers: {} }) };
  }

  /** Nobody knows what the last way came to: it is tried anew. */
  forgetLast(): void {
    this.#tried.pop();
  }

  isTried(target: OutboundTarget): boolean {
    return this.#tried.includes(whoIs(target));
  }

  trying(target: OutboundTarget, { call }: PlacedLeg): void {
    this.#tried.push(whoIs(target));
    this.#note({ tried: this.#tried, leg: call.sid });
  }

  /** To be said before the leg ends: one write of the record tells both. */
  came({ status, callSid = '', sip }: Attempt): void {
    this.#note({ tried: this.#tried, leg: callSid, failed: { status, callSid, ...(sip ? { sip } : {}) } });
  }

  #note(noted: Noted): void {
    this.#context.call.noteVerbState({ nouns: { ...allNoted(this.#context), [this.#index]: noted } });
  }
}

function allNoted({ call }: VerbContext): Readonly<Record<number, Noted>> {
  return (call.verbState['nouns'] ?? {}) as Readonly<Record<number, Noted>>;
}
