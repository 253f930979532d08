import { type CallIdentity, Call } from '../../../src/calls';
import { EventBus, type Fact } from '../../../src/events';
import type { Account, Alert, InterpreterPorts } from '../../../src/interpreter';
import { RunawayGuard } from '../../../src/interpreter';
import { runDocument } from '../../../src/interpreter/run-document';
import type { VerbContext } from '../../../src/interpreter/verb-context';
import type { Layer, MediaEndpoint, PlayOutcome } from '../../../src/media';
import { TypedEmitter } from '../../../src/lib';
import { CompiledDocuments, type DialVerb, parseDocument, type QueueNoun } from '../../../src/twiml';
import { LIMIT_NAMES, limitNote } from '../../../src/platform/config';
import { type AccountLimits, accountLimits, LIMIT_FACTS, type LimitName } from '../../../src/tenancy';
import { ManualClock } from '../../support/manual-clock';

const IDENTITY: CallIdentity = { accountSid: `AC${'a'.repeat(32)}`, from: '+15550100', to: '1000', direction: 'inbound' };
export const ACCOUNT: Account = { sid: IDENTITY.accountSid, authToken: 'token' };

/** What an account may take: the numbers of the test, the defaults for the rest. */
export const limitsOf = (own: Partial<AccountLimits> = {}): AccountLimits =>
  accountLimits({ limits: own }, Object.fromEntries(LIMIT_NAMES.map((name) => [name, limitNote(name).fallback])) as AccountLimits);

/** A phone's media as the interpreter sees it: sounds last until the test ends them, keys come from the test. */
export class FakeEndpoint extends TypedEmitter<{ digit: [string]; gone: [string]; bridged: []; unbridged: [] }> {
  readonly uuid = 'caller-endpoint';
  readonly dialogId = 'media-dialog';
  readonly serverName = 'media-1';
  readonly played: string[] = [];
  readonly layers: string[] = [];
  isBridged = false;
  readonly isParted = false;
  readonly isLost = false;
  gone = false;
  #finish: (() => void) | undefined;

  press(...digits: string[]): void {
    for (const digit of digits) this.emit('digit', digit);
  }

  bridge(): void {
    this.isBridged = true;
    this.emit('bridged');
  }

  unbridge(): Promise<void> {
    this.isBridged = false;
    this.emit('unbridged');
    return Promise.resolve();
  }

  leftByOther(): Promise<void> {
    return this.isBridged ? new Promise((resolve) => void this.once('unbridged', () => resolve())) : Promise.resolve();
  }

  bridgeWith(): Promise<'bridged' | 'failed'> {
    this.bridge();
    return Promise.resolve('bridged');
  }

  replayed(): Promise<void> {
    return Promise.resolve();
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  play(source: string, signal?: AbortSignal): Promise<PlayOutcome> {
    this.played.push(source);
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve('stopped');
      this.#finish = () => resolve('finished');
      signal?.addEventListener('abort', () => resolve('stopped'), { once: true });
    });
  }

  finishSound(): void {
    this.#finish?.();
  }

  addLayer(source: string): Promise<Layer> {
    this.layers.push(source);
    const remove = (): Promise<void> => {
      const index = this.layers.indexOf(source);
      if (index >= 0) this.layers.splice(index, 1);
      return Promise.resolve();
    };
    return Promise.resolve({ remove });
  }

  release(): Promise<void> {
    this.gone = true;
    this.emit('gone', 'released');
    return Promise.resolve();
  }
}

export interface Stage {
  readonly clock: ManualClock;
  readonly endpoint: FakeEndpoint;
  readonly call: Call;
  readonly facts: Fact[];
  readonly alerts: Alert[];
  readonly reports: string[];
  readonly ports: InterpreterPorts;
  readonly context: VerbContext;
}

/** A call with a phone and a clock of the test's; `ports` are what the test says the rest of the gateway does. */
export function stageCall(ports: object = {}, answered = true, limits: AccountLimits = limitsOf()): Stage {
  const clock = new ManualClock();
  const endpoint = new FakeEndpoint();
  const facts: Fact[] = [];
  const alerts: Alert[] = [];
  const reports: string[] = [];
  const events = new EventBus((message) => reports.push(message));
  events.subscribe((fact) => facts.push(fact));
  const report = (_call: Call, message: string): void => void reports.push(message);
  const call = new Call(IDENTITY, { clock, events, save: () => undefined, report });
  const media = endpoint as unknown as MediaEndpoint;
  call.attach({
    sipCallId: 'call-id', dialogId: 'dialog', ring: () => undefined, answer: () => Promise.resolve(media), end: () => endpoint.release(),
  });
  if (answered) call.connected(media);
  const alert = (_call: Call, raised: Alert): void => void alerts.push(raised);
  const all = {
    clock, events, gatewayId: 'gateway-1', holdMusic: ['music'], alert, report, limits: { of: async () => limits },
    recorded: async () => undefined,
    keptDocuments: { keep: () => 'kept', read: async () => undefined },
    runaways: new RunawayGuard(clock, async () => limits), documents: new CompiledDocuments({ bytes: 1e6 }),
    limitReached: (_call: Call, { limit, ...notice }: { limit: LimitName; message: string }) =>
      alerts.push({ code: LIMIT_FACTS[limit].code, ...notice }),
    pool: { clock, patienceMs: 1_000, server: () => undefined }, whereabouts: { of: async () => undefined },
    ...ports,
  } as unknown as InterpreterPorts;
  const context: VerbContext = Object.freeze({
    call, account: ACCOUNT, ports: all, role: 'program' as const, signal: call.signal, documentUrl: 'http://app.test/voice',
    documentMethod: 'POST' as const, fallback: undefined, media: () => call.answer(), alert: (raised: Alert) => all.alert(call, raised), runDocument,
  });
  return { clock, endpoint, call, facts, alerts, reports, ports: all, context };
}

/** Lets everything that waits for promises run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A `<Dial>` as a document has it. */
export function dialVerb(xml: string): DialVerb {
  const parsed = parseDocument(`<Response>${xml}</Response>`);
  const verb = parsed.ok ? parsed.document.verbs[0] : undefined;
  if (verb?.name !== 'Dial') throw new Error(`no Dial: ${xml}`);
  return verb;
}

export function queueDial(attributes = ''): { verb: DialVerb; noun: QueueNoun } {
  const verb = dialVerb(`<Dial ${attributes}><Queue>support</Queue></Dial>`);
  const noun = verb.nouns[0];
  if (noun?.name !== 'Queue') throw new Error('no Queue');
  return { verb, noun };
}
