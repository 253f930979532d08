import type { SipDialog } from '../../../src/dialogs';
import { TypedEmitter } from '../../../src/lib';
import { type FarSide, MediaChannel, type MediaPlace, MediaPool, type MediaPoolOptions, type MediaServer } from '../../../src/media';
import type { ChannelEvent, EventSocket } from '../../../src/media/event-socket';
import { offerAudio } from '../../../src/protocol/sdp';
import { ManualClock } from '../../support/manual-clock';

const event = (name: string, header = ''): ChannelEvent => ({ name, header: () => header });

class FakeDialog extends TypedEmitter<{ bye: [string] }> {
  readonly id = 'dialog';
  constructor(readonly server: FakeServer, readonly uuid: string) {
    super();
  }

  bye(): Promise<void> {
    if (this.server.isMute) return new Promise(() => undefined);
    if (this.server.isReachable) this.server.hangUp(this.uuid);
    return Promise.resolve();
  }

  reinvite(): Promise<unknown> {
    return Promise.resolve({ outcome: 'accepted', sdp: this.server.sdp });
  }
}

/** A media server of one moment: channels, what they play, and who is bridged with whom. */
export class FakeServer {
  readonly load = 0;
  room = 1_000;
  lookedAgain = Promise.resolve();
  up = true;
  /** Does what it is told. */
  isReachable = true;
  isFull = false;
  /** Frozen, and not found out: answers no BYE. */
  isMute = false;
  /** Tells of no bridge. */
  isSilent = false;
  /** Takes its time over what is to be played. */
  slow: Promise<void> | undefined;
  /** Channel -> what it plays, the innermost last. */
  readonly playing = new Map<string, string[]>();
  readonly bridged = new Map<string, string>();
  readonly channels: MediaChannel[] = [];
  readonly commands: string[] = [];
  readonly sdp = offerAudio({ address: '127.0.0.1', port: 20_000, origin: { username: 'o', id: '1', version: 1 }, codecs: ['PCMU'] });
  /** Bridges that are being made: first leg -> second. */
  readonly #joining = new Map<string, string>();
  readonly #watchers = new Map<string, (event: ChannelEvent) => void>();
  #made = 0;

  constructor(readonly name: string, readonly clock: ManualClock) {}

  get channelCount(): number {
    return this.playing.size;
  }

  readonly #socket = {
    watch: (uuid: string, listener: (event: ChannelEvent) => void) => {
      this.#watchers.set(uuid, listener);
      return () => void this.#watchers.delete(uuid);
    },
    api: (command: string) => (this.isReachable ? Promise.resolve(this.#run(command)) : Promise.reject(new Error('the event socket is closed'))),
    execute: (uuid: string, _application: string, source: string) => {
      if (!this.isReachable) return Promise.reject(new Error('the event socket is closed'));
      return (this.slow ?? Promise.resolve()).then(() => void this.playing.get(uuid)?.push(source));
    },
  } as unknown as EventSocket;

  createChannel(remoteSdp: string): Promise<MediaChannel> {
    if (this.isFull) return Promise.reject(new Error('503'));
    this.#made += 1;
    const uuid = `${this.name}-${this.#made}`;
    this.playing.set(uuid, []);
    const facts = { uuid, serverName: this.name, localSdp: this.sdp, remoteSdp };
    return Promise.resolve(this.adoptChannel({ ...facts, dialogId: 'dialog' }, this.dialogOf(uuid)));
  }

  /** By another gateway. */
  adoptChannel(facts: MediaPlace, dialog: SipDialog): MediaChannel {
    const channel = new MediaChannel(facts, this.#socket, dialog, this.clock);
    this.channels.push(channel);
    return channel;
  }

  dialogOf(uuid: string): SipDialog {
    return new FakeDialog(this, uuid) as unknown as SipDialog;
  }

  /** Killed: everything is gone at once. */
  kill(): void {
    this.up = false;
    this.isReachable = false;
    this.playing.clear();
    this.bridged.clear();
    for (const channel of this.channels) {
      channel.lose(this.clock.monotonic());
      channel.die();
    }
  }

  /** Told to stop: hangs its channels up one after the other, the newest first, takes no more, and is there for a while yet. */
  async stop(): Promise<void> {
    this.isFull = true;
    for (const channel of [...this.channels].reverse()) {
      this.playing.delete(channel.uuid);
      this.bridged.delete(channel.uuid);
      channel.vanish();
      await settle();
    }
  }

  /** Frozen, and found out. */
  freeze(): void {
    this.up = false;
    this.isReachable = false;
    for (const channel of this.channels) channel.lose(this.clock.monotonic());
  }

  /** Is there again with what it had. */
  thaw(): void {
    this.up = true;
    this.isReachable = true;
    for (const channel of this.channels) channel.recover(this.#socket);
  }

  hangUp(uuid: string): void {
    const second = this.#joining.get(uuid);
    if (second !== undefined) {
      // As FreeSWITCH does it.
      this.playing.delete(second);
      this.#watchers.get(second)?.(event('CHANNEL_HANGUP', 'DESTINATION_OUT_OF_ORDER'));
    }
    const partner = this.bridged.get(uuid);
    this.playing.delete(uuid);
    this.bridged.delete(uuid);
    if (partner === undefined) return;
    this.bridged.delete(partner);
    this.#watchers.get(partner)?.(event('CHANNEL_UNBRIDGE'));
  }

  #run(command: string): string {
    this.commands.push(command);
    const [name, uuid = '', rest = ''] = command.split(' ');
    if (!this.playing.has(uuid)) return '-ERR No such channel!\n';
    switch (name) {
      case 'uuid_bridge':
        if (!this.playing.has(rest)) return '-ERR Invalid uuid\n';
        this.#joining.set(uuid, rest);
        for (const [one, other] of [[uuid, rest], [rest, uuid]] as const) {
          this.bridged.set(one, other);
          this.playing.set(one, []);
        }
        // One event, which both hear of.
        setImmediate(() => {
          this.#joining.delete(uuid);
          const watchers = [uuid, rest].map((one) => this.#watchers.get(one));
          if (!this.isSilent) for (const tell of watchers) tell?.(event('CHANNEL_BRIDGE'));
        });
        return `+OK ${rest}\n`;
      case 'uuid_transfer': {
        const partner = this.bridged.get(uuid) ?? '';
        for (const one of [uuid, partner]) {
          this.bridged.delete(one);
          setImmediate(() => this.#watchers.get(one)?.(event('CHANNEL_UNBRIDGE')));
        }
        return '+OK\n';
      }
      case 'uuid_break':
        this.playing.set(uuid, []);
        return '+OK\n';
      case 'uuid_getvar':
        return this.bridged.get(uuid) ?? '_undef_';
      default:
        return '+OK\n';
    }
  }
}

/** A pool of such servers, by the test's clock. */
export function fakePool(names: readonly string[], options: Partial<MediaPoolOptions> = {}) {
  const clock = new ManualClock();
  const servers = names.map((name) => new FakeServer(name, clock));
  const pool = new MediaPool(servers as unknown as MediaServer[], clock, { lostForMs: 30_000, movesAtOnce: 20, ...options });
  return { clock, servers, pool };
}

/** A far end that follows at once. */
export const follower = (follow: FarSide['follow'] = () => Promise.resolve('followed')): FarSide => ({ sdp: 'far', isWatched: true, follow });

/** Lets everything that waits for promises run, time standing still. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
