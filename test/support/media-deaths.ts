import type { CallRecord } from '../../src/calls';
import { eventually } from './eventually';
import { dialIn, type Party } from './queue-story';
import type { ServerProcess } from './server-process';
import { MUSIC_HZ, type World } from './world';

/** What docs/guarantees.md promises: without what they heard before, after a kill and after a freeze. */
export const AFTER_KILL_MS = 1_000;
export const AFTER_FREEZE_MS = 5_000;

/** SIGTERM: told to stop, which ends what it has by itself. */
export type Blow = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';

/** Ends, freezes and revives the media servers of a world, and looks into them and into the records of calls. */
export class MediaDeaths {
  readonly #struck = new Map<ServerProcess, { readonly signal: Blow; readonly felt: Promise<void> }>();

  constructor(private readonly world: World) {}

  server(index: number): ServerProcess {
    const server = this.world.mediaServers[index];
    if (!server) throw new Error(`there is no media server ${index}`);
    return server;
  }

  async recordOf({ callSid }: Party): Promise<Partial<CallRecord>> {
    return (await this.world.callRecord(callSid)) ?? {};
  }

  /** The media server that has the party's media, by the record of the call. */
  async serverOf(party: Party): Promise<ServerProcess> {
    const { media } = await this.recordOf(party);
    const server = this.world.mediaServers.find(({ name }) => name === media?.serverName);
    if (!server) throw new Error(`no media server ${media?.serverName}`);
    return server;
  }

  async answered(number: string, path: string, tone: number): Promise<Party> {
    const party = await dialIn(this.world, number, path, { tone });
    await party.call.untilAnswered({ withinMs: 5_000 });
    return party;
  }

  /** A caller who hears the music of the queue. */
  async waiting(number: string, path: string, tone: number): Promise<Party> {
    const party = await this.answered(number, path, tone);
    await party.call.audio.waitForTone(MUSIC_HZ, { withinMs: 10_000, fromAt: 0 });
    return party;
  }

  /** Resolves when it is dead or frozen; one that is told to stop takes its time. */
  async strike(server: ServerProcess, signal: Blow): Promise<void> {
    const felt = signal === 'SIGKILL' ? server.kill() : signal === 'SIGSTOP' ? server.freeze() : server.stop();
    this.#struck.set(server, { signal, felt });
    if (signal !== 'SIGTERM') await felt;
  }

  /** The server is there again, thawed or anew, and all gateways use it. */
  async revive(dead: ServerProcess): Promise<void> {
    const blow = this.#struck.get(dead);
    await blow?.felt;
    await (blow?.signal === 'SIGSTOP' ? dead.thaw() : dead.start());
    this.#struck.delete(dead);
    await this.world.untilInUse(dead);
  }

  /** Hangs up; resolves when the gateways have recorded it. */
  async hangUp(...parties: readonly Party[]): Promise<void> {
    await Promise.all(parties.map(({ call }) => call.hangup()));
    await eventually(async () => {
      for (const party of parties) expect((await this.recordOf(party)).endedAt).toBeDefined();
    });
  }

  /** Nobody is left on any media server; who is, is told as the server tells it. */
  async expectNobodyLeft(): Promise<void> {
    await eventually(async () => {
      for (const name of this.world.mediaServerNames) {
        const { rows = [] } = JSON.parse(await this.world.askMedia(name, 'show channels as json')) as { rows?: unknown[] };
        expect({ on: name, rows }).toEqual({ on: name, rows: [] });
      }
    });
  }
}
