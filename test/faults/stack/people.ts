import type { OutgoingPhoneCall, Phone } from '../../../src/phone';
import type { CustomerRequest } from '../../support/customer-app';
import { eventually } from '../../support/eventually';
import { firstRequestFor } from '../../support/queue-story';
import { MUSIC_HZ, type World } from '../../support/world';
import { History } from '../engine/history';
import { agentsMet, judge, type Judgement } from '../engine/history-checker';
import { type Crowd, CrowdCall } from './crowd';

export const CALLER_HZ = 400;
export const AGENT_HZ = 1_300;
const FIRST_REQUEST_MS = 20_000;

/** Somebody on the phone, known to the customer application as well; `call` is a phone's of this process, or of a crowd. */
export interface Person<Call extends OutgoingPhoneCall | CrowdCall = OutgoingPhoneCall> {
  readonly call: Call;
  readonly callSid: string;
}
export type Anybody = Person<OutgoingPhoneCall | CrowdCall>;

const ENQUEUE = (queue: string): string => `<Response><Enqueue waitUrl="/wait" action="/after">${queue}</Enqueue></Response>`;
const DIAL = (queue: string): string => `<Response><Dial action="/served" timeout="60"><Queue>${queue}</Queue></Dial></Response>`;

/** Queues apart from each other: callers dial 100x, agents 200x. */
export const LANES = 4;
const LANE_NUMBERS = Array.from({ length: LANES }, (_, lane) => lane);
export const NUMBERS: Readonly<Record<string, string>> = Object.fromEntries(
  LANE_NUMBERS.flatMap((lane) => [[`100${lane}`, '/caller'], [`200${lane}`, '/agent']]));

/**
 * The people of a run on whole installations, and what became of them: what the customer application was asked, who answered whom and who
 * hung up, from which the same checker judges as in the runs of the engine.
 */
export class People {
  readonly callers: Anybody[] = [];
  /** Those who stood in a line, in its order, and how they came out. */
  readonly line = { expected: [] as string[], served: [] as string[] };
  readonly #hungUp = new Set<string>();
  #count = 0;

  private constructor(private readonly world: World, private readonly phone: Phone) {}

  static async in(world: World): Promise<People> {
    const queueOf = ({ To = '' }: Readonly<Record<string, string>>): string => `queue-${To.at(-1)}`;
    world.app
      .on('/caller', (params) => ENQUEUE(queueOf(params))).on('/agent', (params) => DIAL(queueOf(params)))
      .on('/wait', '<Response/>').on('/after', '<Response><Hangup/></Response>').on('/served', '<Response><Hangup/></Response>').on('/status', '');
    return new People(world, await world.phone({ user: 'people' }));
  }

  /** Rejects when the call is refused. */
  async calls(lane = 0): Promise<Person> {
    const person = await this.#dial(`100${lane}`, '/caller', CALLER_HZ);
    this.callers.push(person);
    return person;
  }

  /** A caller who is in the queue. */
  async waits(lane = 0): Promise<Person> {
    const person = await this.calls(lane);
    await this.told(person, '/wait');
    return person;
  }

  /** One of a crowd who is in the queue, and who hears music and agents. */
  async waitsIn(crowd: Crowd, lane = 0): Promise<Person<CrowdCall>> {
    const from = this.#nextNumber();
    const [call, first] = await Promise.all([
      crowd.call(from, this.world.uri(`100${lane}`), { says: CALLER_HZ, hears: [MUSIC_HZ, AGENT_HZ] }),
      this.world.app.waitForRequest('/caller', ({ params }) => params['From'] === from, FIRST_REQUEST_MS),
    ]);
    const person = { call, callSid: first.params['CallSid'] ?? '' };
    this.callers.push(person);
    await this.told(person, '/wait');
    return person;
  }

  agent(lane = 0): Promise<Person> {
    return this.#dial(`200${lane}`, '/agent', AGENT_HZ);
  }

  async hangUp(...persons: readonly Anybody[]): Promise<void> {
    for (const { callSid } of persons) this.#hungUp.add(callSid);
    await Promise.all(persons.map(({ call }) => call.hangup()));
  }

  told({ callSid }: Anybody, path: string, withinMs = 15_000): Promise<CustomerRequest> {
    return this.world.app.waitForRequest(path, ({ params }) => params['CallSid'] === callSid, withinMs);
  }

  /** What the checker says of everybody so far. */
  judged(): Judgement {
    const history = new History();
    for (const { path, params, headers } of this.world.app.requests) {
      const token = headers['i-twilio-idempotency-token'];
      history.add({ what: 'asked', path, callSid: params['CallSid'] ?? '', token: typeof token === 'string' ? token : undefined, params });
      if (path === '/wait') history.add({ what: 'fact', type: 'queue-entry.joined', callSid: params['CallSid'] ?? '', gatewayId: '' });
    }
    for (const { call, callSid } of this.callers) if (call instanceof CrowdCall || call.answeredAt !== undefined) history.add({ what: 'answered', callSid });
    for (const callSid of this.#hungUp) history.add({ what: 'hung-up', callSid });
    const met = agentsMet(history);
    for (const { call, callSid } of this.callers) {
      const [agent] = met.get(callSid) ?? [];
      const hasHeardOne = call instanceof CrowdCall ? call.hasHeard(AGENT_HZ) : call.audio.firstTimeOf(AGENT_HZ) !== undefined;
      if (agent !== undefined || hasHeardOne) history.add({ what: 'joined', callSids: [callSid, agent ?? ''], stolenFrom: [] });
    }
    return judge(history, this.line);
  }

  /** When all have gone: nobody was wronged, and no call, channel, queue entry or dialog is left. */
  async expectUnharmed(): Promise<void> {
    await eventually(() => expect(this.judged().wrongs).toEqual([]), 30_000);
    await eventually(async () => expect(await this.world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 30_000);
  }

  async #dial(number: string, path: string, tone: number): Promise<Person> {
    const from = this.#nextNumber();
    const call = await this.phone.call(this.world.uri(number), { from, play: { tone } });
    const first = await firstRequestFor(this.world, call, { path, from }, FIRST_REQUEST_MS);
    return { call, callSid: first.params['CallSid'] ?? '' };
  }

  #nextNumber(): string {
    this.#count += 1;
    return `+1555${String(this.#count).padStart(6, '0')}`;
  }
}
