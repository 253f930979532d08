import type { Clock, Timer } from './clock';

interface Emitter<Event extends string> {
  on(event: Event, listener: () => void): () => void;
}

/** The first of these events; undefined when none came within so many ms. */
export function firstOf<Event extends string>(
  emitter: Emitter<Event>, events: readonly Event[], limit?: { readonly clock: Clock; readonly ms: number },
): Promise<Event | undefined> {
  return new Promise((resolve) => {
    const done = (event?: Event): void => {
      timer?.cancel();
      for (const stop of off) stop();
      resolve(event);
    };
    const off = events.map((event) => emitter.on(event, () => done(event)));
    const timer: Timer | undefined = limit?.clock.after(limit.ms, () => done());
  });
}
