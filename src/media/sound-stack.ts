import { type Clock, deferred, newUuid } from '../lib';
import { resumedAt } from './resumed-at';

/** How a sound ended: to its end, cut by us, refused by the media server, or the channel is gone. */
export type PlayOutcome = 'finished' | 'stopped' | 'failed' | 'gone';

/** What the stack asks of the channel. */
export interface SoundChannel {
  /** Starts `source` over whatever plays; `token` comes back with its completion. Rejects when refused at once. */
  start(source: string, token: string): Promise<void>;
  /** Ends the sound that is heard now, whichever that is. */
  breakTop(): Promise<void>;
  /** Whether it is in a bridge, over which a sound would be heard. */
  isJoined(): Promise<boolean | undefined>;
  /** Told that the media server cannot play an endless sound, so that another one stands in for it. */
  standsIn(failed: string): void;
}

/** An endless sound under whatever is played; the innermost one is heard when nothing else plays. */
export interface Layer {
  /** Takes the layer away; the one below is heard again. */
  remove(): Promise<void>;
}

interface Sound {
  readonly token: string;
  readonly source: string;
  readonly done: Promise<PlayOutcome>;
  outcome: PlayOutcome | undefined;
  settle(outcome: PlayOutcome): void;
  /** A break for it is on its way. */
  breaking: boolean;
  /** When the channel it plays on began to play it; undefined while it waits for one. */
  startedAt: number | undefined;
  /** Of it that was heard on channels before that one, in ms. */
  playedMs: number;
}

interface Slot {
  /** What is laid, then what stands in for it when the media server cannot play it. */
  readonly sources: string[];
  sound: Sound;
  /** Somebody took it away. */
  isRemoved: boolean;
}

/**
 * A bridge ends what plays as an error, and its own event comes later (72-81 ms, FreeSWITCH 1.11.1 on a busy machine): only a
 * layer that is still missing after this long could not be played. Started earlier, its stand-in would play over the bridge.
 */
const STAND_IN_AFTER_MS = 1_000;

/** What another gateway left playing goes on for so long when nothing else is played: longer than a takeover takes to its music. */
const COVERED_AFTER_MS = 1_000;

/** A break that gets no completion within this long means that the channel is wedged; its end is then reported elsewhere. */
const BREAK_TIMEOUT_MS = 1_000;

/**
 * What one channel plays. A sound started while another runs pauses that one, which resumes afterwards
 * (contracts/freeswitch section 4), so a channel is a stack: endless layers below, at most one finite sound on top.
 * Only the top can be ended. Commands run one after the other, because two that depend on the stack must not cross.
 */
export class SoundStack {
  readonly #channel: SoundChannel;
  readonly #clock: Clock;
  readonly #layers: Slot[] = [];
  readonly #sounds = new Map<string, Sound>();
  #top: Sound | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closedWith: PlayOutcome | undefined;
  /** The channel is lost: sounds wait for another one. Counts how often, so that a late resumption is not taken for one of now. */
  #isSuspended = false;
  #suspensions = 0;
  /** Counts the times that the channel dropped everything. */
  #drops = 0;
  /** What is to be laid over that which plays on the channel and is not ours, before anything else. */
  #cover: string | undefined;
  /** Breaks that came after the natural end of the sound they were meant for: each ends one layer, which is laid again. */
  #strayBreaks = 0;

  constructor(channel: SoundChannel, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /** Plays once over the layers, replacing what is played now. Aborting `signal` cuts it. */
  async play(source: string, signal?: AbortSignal): Promise<PlayOutcome> {
    const sound = await this.#inTurn(async () => {
      if (signal?.aborted) return undefined;
      if (this.#top) await this.#cut(this.#top);
      await this.#layCover();
      this.#top = await this.#start(source);
      return this.#top;
    });
    if (!sound) return 'stopped';
    let cutting: Promise<unknown> | undefined;
    const onAbort = (): void => {
      cutting = this.#inTurn(() => this.#cut(sound));
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    const outcome = await sound.done;
    signal?.removeEventListener('abort', onAbort);
    await cutting;
    if (this.#top === sound) this.#top = undefined;
    return outcome;
  }

  /** Lays an endless sound over the layers that are there: the first of `sources` that the media server can play. */
  async addLayer(...sources: readonly [string, ...string[]]): Promise<Layer> {
    const slot = await this.#inTurn(async () => {
      await this.#layCover();
      return this.#layAnew(sources);
    });
    return { remove: () => this.#inTurn(() => this.#remove(slot)) };
  }

  /**
   * Something that is not ours plays on the channel: `source`, endless, is laid over it together with what we play first, so that music
   * follows on music, or after a second when that is nothing.
   */
  coverLater(source: string): void {
    this.#cover = source;
    this.#clock.after(COVERED_AFTER_MS, () => void this.#inTurn(async () => {
      // Another gateway may be joining it, and nobody here was told yet.
      if (this.#cover !== undefined && !(await this.#channel.isJoined().catch(() => true))) await this.#layCover();
    }));
  }

  /** A bridge is being made, over which the cover would be heard; it ends what plays by itself. */
  coverNoMore(): void {
    this.#cover = undefined;
  }

  /** The channel reported the end of the sound with this token. */
  completed(token: string, outcome: 'finished' | 'stopped' | 'failed'): void {
    const sound = this.#sounds.get(token);
    if (!sound) return;
    this.#sounds.delete(token);
    sound.settle(outcome);
    if (sound.breaking && outcome === 'finished') this.#strayBreaks += 1;
    const slot = this.#layers.find((candidate) => candidate.sound === sound);
    if (!slot) return;
    if (outcome === 'failed') {
      this.#layers.splice(this.#layers.indexOf(slot), 1);
      if (slot.sources.length > 1) this.#standInLater(slot);
      return;
    }
    if (this.#strayBreaks === 0) {
      // Nobody here ended it: a bridge or a transfer is taking the channel, and would be talked over.
      this.#layers.splice(this.#layers.indexOf(slot), 1);
      return;
    }
    this.#strayBreaks -= 1;
    void this.#inTurn(async () => {
      if (this.#layers.includes(slot)) slot.sound = await this.#start(current(slot));
    });
  }

  /** The channel dropped everything (a bridge or its end): nothing plays any more, layers must be laid anew. */
  dropAll(outcome: 'stopped' | 'gone'): void {
    if (outcome === 'gone') this.#closedWith = 'gone';
    this.#drops += 1;
    this.#cover = undefined;
    this.#layers.length = 0;
    this.#strayBreaks = 0;
    this.#top = undefined;
    const sounds = [...this.#sounds.values()];
    this.#sounds.clear();
    for (const sound of sounds) sound.settle(outcome);
  }

  /** The channel is lost, and was last known to play at `heardAt` (monotonic ms). Sounds wait for another; what was to end has ended. */
  suspend(heardAt: number): void {
    this.#isSuspended = true;
    this.#suspensions += 1;
    this.#strayBreaks = 0;
    for (const sound of [...this.#sounds.values()]) {
      if (sound.breaking) this.completed(sound.token, 'stopped');
      if (sound.startedAt !== undefined) sound.playedMs += Math.max(0, heardAt - sound.startedAt);
      sound.startedAt = undefined;
    }
  }

  /** There is a channel again, on which nothing plays: layers begin anew, the sound on top goes on from where it was. */
  resume(): Promise<void> {
    const suspensions = this.#suspensions;
    return this.#inTurn(async () => {
      if (this.#suspensions !== suspensions) return;
      this.#isSuspended = false;
      this.#cover = undefined;
      const waiting = [...this.#layers.map(({ sound }) => sound), ...(this.#top ? [this.#top] : [])];
      for (const sound of waiting) await this.#send(sound);
    });
  }

  /** Nothing plays, not even a floor: whoever took the channel (a bridge that failed) left it bare. */
  get isBare(): boolean {
    return this.#layers.length === 0;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #standInLater(slot: Slot): void {
    const drops = this.#drops;
    const isWanted = (): boolean => this.#drops === drops && !slot.isRemoved;
    const layIt = async (): Promise<void> => {
      // Started while something plays over the layers it would be heard over that.
      await this.#top?.done;
      await this.#inTurn(async () => {
        if (!isWanted()) return;
        if (this.#top && this.#top.outcome === undefined) void layIt();
        else await this.#lay(slot);
      });
    };
    this.#clock.after(STAND_IN_AFTER_MS, () => {
      if (isWanted()) void layIt();
    });
  }

  async #layCover(): Promise<void> {
    const cover = this.#cover;
    this.#cover = undefined;
    if (cover !== undefined) await this.#layAnew([cover]);
  }

  async #layAnew(sources: readonly [string, ...string[]]): Promise<Slot> {
    const slot: Slot = { sources: [...sources], sound: await this.#start(sources[0]), isRemoved: false };
    await this.#lay(slot);
    return slot;
  }

  /** Makes a layer of a sound that was started, or of the first stand-in that the media server takes. */
  async #lay(slot: Slot): Promise<void> {
    while (slot.sound.outcome === 'failed' && slot.sources.length > 1) {
      this.#channel.standsIn(current(slot));
      slot.sources.shift();
      slot.sound = await this.#start(current(slot));
    }
    if (!this.#closedWith && slot.sound.outcome !== 'failed') this.#layers.push(slot);
  }

  async #start(source: string): Promise<Sound> {
    const done = deferred<PlayOutcome>();
    const sound: Sound = {
      token: newUuid(),
      source,
      done: done.promise,
      outcome: undefined,
      settle: (outcome) => {
        sound.outcome ??= outcome;
        done.resolve(outcome);
      },
      breaking: false,
      startedAt: undefined,
      playedMs: 0,
    };
    if (this.#closedWith) {
      sound.settle(this.#closedWith);
      return sound;
    }
    this.#sounds.set(sound.token, sound);
    await this.#send(sound);
    return sound;
  }

  /** Starts a sound on the channel; without one it waits for `resume`. */
  async #send(sound: Sound): Promise<void> {
    if (this.#isSuspended || sound.outcome !== undefined) return;
    sound.startedAt = this.#clock.monotonic();
    try {
      await this.#channel.start(resumedAt(sound.source, sound.playedMs), sound.token);
    } catch {
      // Refused; a command that was lost with its channel is given to the next one.
      if (!this.#isSuspended) this.completed(sound.token, 'failed');
    }
  }

  async #remove(slot: Slot): Promise<void> {
    slot.isRemoved = true;
    const index = this.#layers.indexOf(slot);
    if (index < 0) return;
    const above = this.#layers.splice(index);
    if (this.#top) await this.#cut(this.#top);
    for (const { sound } of [...above].reverse()) await this.#cut(sound);
    for (const kept of above.slice(1)) {
      kept.sound = await this.#start(current(kept));
      if (!this.#closedWith) this.#layers.push(kept);
    }
  }

  async #cut(sound: Sound): Promise<void> {
    if (!this.#sounds.has(sound.token)) return;
    sound.breaking = true;
    if (this.#isSuspended) return this.completed(sound.token, 'stopped');
    // A break that cannot be sent means that the channel is lost, which ends what was to end; the timer bounds the wait.
    await this.#channel.breakTop().catch(() => undefined);
    const timer = this.#clock.after(BREAK_TIMEOUT_MS, () => this.completed(sound.token, 'stopped'));
    await sound.done;
    timer.cancel();
    if (this.#top === sound) this.#top = undefined;
  }
}

const current = ({ sources }: Slot): string => sources[0] ?? '';
