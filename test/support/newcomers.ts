import type { OutgoingPhoneCall } from '../../src/phone';
import { eventually } from './eventually';
import type { World } from './world';

/** People who call one after the other, are answered, hear something and hang up, all the while that something else happens. */
export class Newcomers {
  /** How each that was not answered ended. */
  readonly refused: string[] = [];
  answered = 0;
  /** From the INVITE to the 200. */
  slowestMs = 0;
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  static async start(world: World, number: string, everyMs: number): Promise<Newcomers> {
    const newcomers = new Newcomers();
    const phone = await world.phone({ user: '+15557777777' });
    const calls: Promise<void>[] = [];
    const run = async (): Promise<void> => {
      while (!newcomers.#isOver) {
        calls.push(phone.call(world.uri(number), { play: { tone: 400 } }).then((call) => newcomers.#follow(call)));
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      await Promise.all(calls);
    };
    newcomers.#running = run();
    return newcomers;
  }

  /** No more come; resolves when the last has hung up. */
  async stop(): Promise<this> {
    this.#isOver = true;
    await this.#running;
    return this;
  }

  async #follow(call: OutgoingPhoneCall): Promise<void> {
    const at = performance.now();
    let end = '';
    call.once('ended', ({ status, reason }) => (end = `${status ?? ''} ${reason ?? ''} after ${Math.round(performance.now() - at)} ms`));
    await eventually(() => expect(call.state === 'answered' || end !== '').toBe(true), 10_000)
      .catch(() => (end = `${call.state} for 10 s, since ${new Date().toISOString()}`));
    if (end !== '') return void this.refused.push(end);
    this.answered += 1;
    this.slowestMs = Math.max(this.slowestMs, Math.round(performance.now() - at));
    await call.hangup();
  }
}
