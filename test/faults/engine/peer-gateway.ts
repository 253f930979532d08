import { newToken } from '../../../src/lib';
import { RedisConnection } from '../../../src/platform/redis';
import type { Surroundings } from './incarnation';
import { Life } from './life';
import { PhoneMedia } from './phone-media';
import type { Phone, PhoneDialog } from './phone-side';
import type { TestGateway } from './test-gateway';

interface PeerCall {
  readonly phone: Phone;
  readonly dialog: PhoneDialog;
  readonly media: PhoneMedia;
  isOver: boolean;
}

/** Every 5 s, five times as fast as the other timers of these tests are. */
const POLL_MS = 1_000;
/** The steps at which it can die. */
export const PEER_STEPS = ['200', 'POST /caller', 'POST /agent', 'rpush', 'pop', 'notify', 'uuid_bridge', 'lrem', 'POST /after', 'POST /served'];

/**
 * The field's usual queue: callers are a list in Redis. An agent's gateway pops the first, then notifies the gateway that has his
 * call, which bridges the two; an agent who finds nobody looks again every 5 s. A call ends with its gateway. Kinder than those it
 * is like: a caller whose bridge failed is put back as the first.
 */
export class PeerGateway implements TestGateway {
  readonly id = `gateway-${newToken(4)}`;
  readonly life: Life;
  readonly calls = new Map<string, PeerCall>();
  readonly #connection: RedisConnection;
  readonly #list: string;
  readonly #ask: (path: string, callSid: string, params?: Record<string, string>) => Promise<unknown>;

  constructor(private readonly around: Surroundings) {
    const { history, redisUrl, scripts, prefix, report } = around;
    this.life = new Life((where) => {
      history.add({ what: 'died', gatewayId: this.id, where });
      this.#connection.sever();
      around.onDeath(this);
    });
    this.#list = `${prefix}list`;
    this.#connection = new RedisConnection({ url: redisUrl, name: this.id, onFailure: (failure) => report(failure.message) });
    scripts.attach(this.#connection.client, this.life);
    const request = around.customer.requestThrough(this.life);
    this.#ask = (path, callSid, params = {}) => request({ url: `http://customer${path}`, params: { CallSid: callSid, ...params } } as never);
  }

  async start(): Promise<void> {
    await this.#connection.start();
    this.around.side.gateways.push(this);
  }

  stop(): Promise<void> {
    return this.#connection.stop();
  }

  async drain(): Promise<void> {
    this.life.die('stopped');
  }

  gatewayDown(): void {
    // Nobody takes over anybody's calls.
  }

  receive(phone: Phone): void {
    void this.#receive(phone).catch((error: unknown) => this.around.report(`${this.id} ${phone.callSid}: ${String(error)}`));
  }

  /** The other gateway's request: an agent waits to be bridged. False: he gets the next one. */
  async notified(callSid: string, agentSid: string): Promise<boolean> {
    const caller = this.calls.get(callSid);
    if (!caller || caller.isOver) return false;
    if (await caller.media.bridgeWith(agentSid) === 'bridged') return true;
    await this.#connection.client.lpush(this.#list, this.#member(caller));
    this.#fact('released', this.id, callSid);
    return false;
  }

  async #receive(phone: Phone): Promise<void> {
    const { side } = this.around;
    const isAgent = phone.from === 'agent';
    const call = await this.life.effect('200', async (): Promise<PeerCall> => {
      if (phone.state !== 'calling') throw new Error('the caller went away before the answer');
      const made = { phone, dialog: side.answer(phone, this), media: new PhoneMedia(phone, side, this), isOver: false };
      made.dialog.on('bye', () => void (isAgent ? this.#end(made) : this.#finish(made, made.media.isBridged ? 'bridged' : 'hangup')));
      return made;
    });
    this.calls.set(phone.callSid, call);
    await this.#ask(`/${phone.from}`, phone.callSid);
    await (isAgent ? this.#dequeue(call) : this.#enqueue(call));
  }

  async #enqueue(caller: PeerCall): Promise<void> {
    if (caller.isOver) return;
    caller.media.once('unbridged', () => void this.#finish(caller, 'bridged'));
    await this.#connection.client.rpush(this.#list, this.#member(caller));
    this.#fact('joined', this.id, caller.phone.callSid);
  }

  async #dequeue(agent: PeerCall): Promise<void> {
    const { callSid } = agent.phone;
    const ended = new Promise<void>((resolve) => {
      agent.media.once('unbridged', resolve);
      agent.media.once('gone', () => resolve());
    });
    while (!agent.isOver) {
      const member = await this.#pop();
      const [owner = '', callerSid = ''] = member?.split(' ') ?? [];
      const gateway = this.around.side.gateways.find(({ id }) => id === owner);
      // Whoever was popped and of whom nobody could be notified is in no list any more.
      if (gateway instanceof PeerGateway && await this.life.effect('notify', () => gateway.notified(callerSid, callSid))) {
        await ended;
        await this.#ask('/served', callSid, { DialCallStatus: 'completed', DialCallSid: callerSid });
        return this.#end(agent);
      }
      if (member === null) await new Promise<void>((resolve) => void setTimeout(resolve, POLL_MS).unref());
    }
  }

  #pop(): Promise<string | null> {
    return this.life.effect('pop', async () => {
      const member = await this.#connection.client.lpop(this.#list);
      if (member !== null) this.#fact('claimed', ...(member.split(' ') as [string, string]));
      return member;
    });
  }

  #fact(what: 'joined' | 'claimed' | 'released', gatewayId: string, callSid: string): void {
    this.around.history.add({ what: 'fact', type: `queue-entry.${what}`, callSid, gatewayId });
  }

  async #finish(caller: PeerCall, result: string): Promise<void> {
    if (caller.isOver) return;
    caller.isOver = true;
    await this.#connection.client.lrem(this.#list, 0, this.#member(caller));
    await this.#ask('/after', caller.phone.callSid, { QueueResult: result });
    await this.#end(caller);
  }

  async #end(call: PeerCall): Promise<void> {
    call.isOver = true;
    this.calls.delete(call.phone.callSid);
    await Promise.all([call.dialog.bye(), call.media.release()]);
  }

  #member({ phone }: PeerCall): string {
    return `${this.id} ${phone.callSid}`;
  }
}
