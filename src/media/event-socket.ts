import { connect, type Socket } from 'node:net';
import { type Clock, GatewayError, messageOf, oneWriteATurn, type Timer, TypedEmitter } from '../lib';
import { encodeEslCommand, type EslEvent, EslFrameDecoder, type EslHeaders, headerOf, parseEslMessage } from '../protocol/esl';

export interface EventSocketAddress {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** An event of a channel that somebody watches. */
export interface ChannelEvent {
  readonly name: string;
  header(name: string): string | undefined;
}

interface EventSocketEvents extends Record<string, unknown[]> {
  heartbeat: [ChannelEvent];
  /** `silent`: the connection is there, but nobody answers over it. */
  closed: [reason: string, how: 'closed' | 'silent'];
}

interface PendingReply {
  resolve(reply: string): void;
  reject(error: Error): void;
}

/** To greet and to take us in. */
const OPEN_TIMEOUT_MS = 5_000;

/** How often it is looked whether the media server has answered; when nothing is to be answered it is asked something. */
const BEAT_MS = 250;

/** Only what the gateway reads: full channel events are the main cost of a controller (contracts/freeswitch section 10). */
const EVENTS =
  'HEARTBEAT CHANNEL_EXECUTE_COMPLETE PLAYBACK_STOP RECORD_STOP DTMF CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PARK CHANNEL_HANGUP';

const WATCHED_HEADERS = ['Unique-ID', 'Bridge-B-Unique-ID'] as const;

/**
 * One inbound event-socket connection: commands are answered strictly in order, events are told to whoever watches the
 * channel. Does not reconnect: its owner makes a new one, so that no reply can go to the wrong question.
 */
export class EventSocket extends TypedEmitter<EventSocketEvents> {
  readonly #address: EventSocketAddress;
  readonly #clock: Clock;
  readonly #deadAfterMs: number;
  readonly #decoder = new EslFrameDecoder();
  readonly #replies: PendingReply[] = [];
  readonly #watchers = new Map<string, Set<(event: ChannelEvent) => void>>();
  #socket: Socket | undefined;
  #greeted: ((reply: string) => void) | undefined;
  #beats: Timer | undefined;
  /** The oldest reply that was owed at the last beat, and for how many beats it has been. */
  #owed: PendingReply | undefined;
  #owedBeats = 0;
  #heardAt: number;

  /** A media server that owes a reply for `deadAfterMs` is taken for dead. */
  constructor(address: EventSocketAddress, clock: Clock, deadAfterMs: number) {
    super();
    this.#address = address;
    this.#clock = clock;
    this.#deadAfterMs = deadAfterMs;
    this.#heardAt = clock.monotonic();
  }

  /** When the media server last said anything, monotonic ms. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Connects, authenticates and subscribes; rejects with what went wrong. */
  async open(): Promise<void> {
    const { host, port, secret } = this.#address;
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port });
      socket.setTimeout(OPEN_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
      const fail = (why: string): void => reject(new GatewayError('media-unreachable', `no event socket at ${host}:${port}: ${why}`));
      socket.on('error', (error) => fail(error.message));
      this.#greeted = () => resolve();
      // Also a server that hangs up before it greets, without an error.
      this.once('closed', fail);
      socket.on('data', (bytes: Buffer) => this.#onData(bytes));
      socket.on('close', () => this.#onClose('connection closed'));
      // Without this every command waits for a delayed ACK: 45-65 ms instead of 0.3 (contracts/freeswitch section 10).
      socket.setNoDelay(true);
      this.#socket = socket;
    });
    const reply = await this.#send(`auth ${secret}`);
    if (!reply.startsWith('+OK')) {
      this.close();
      throw new GatewayError('media-refused-secret', `the event socket at ${host}:${port} refused the secret`);
    }
    await this.#send(`event json ${EVENTS}`);
    // With a filter set, events that match none are dropped, heartbeats too.
    await this.#send('filter Event-Name HEARTBEAT');
    this.#socket?.setTimeout(0);
    this.#beats = this.#clock.every(BEAT_MS, () => this.#beat());
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  close(): void {
    this.#socket?.end();
    this.#onClose('closed by us');
  }

  /** Runs an api command and returns its text, `+OK…`, `-ERR…` or output. */
  api(command: string): Promise<string> {
    return this.#send(`api ${command}`);
  }

  /** Starts an application on a channel; resolves when queued, its completion carries `token` as Application-UUID. */
  async execute(uuid: string, application: string, argument: string, token: string): Promise<void> {
    const reply = await this.#send(`sendmsg ${uuid}`, {
      'call-command': 'execute',
      'execute-app-name': application,
      'execute-app-arg': argument,
      'Event-UUID': token,
    });
    if (!reply.startsWith('+OK')) throw new GatewayError('media-command-refused', `${application}: ${reply}`);
  }

  /**
   * Delivers the channel's events until the returned function is called. FreeSWITCH states a bridge and its end once, as an
   * event of the first leg that names the second: the second leg is told of it as well (seen on FreeSWITCH 1.11).
   */
  watch(uuid: string, listener: (event: ChannelEvent) => void): () => void {
    const known = this.#watchers.get(uuid);
    const listeners = known ?? new Set();
    listeners.add(listener);
    if (!known) {
      this.#watchers.set(uuid, listeners);
      for (const header of WATCHED_HEADERS) this.#command(`filter ${header} ${uuid}`);
    }
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#watchers.delete(uuid);
      for (const header of WATCHED_HEADERS) this.#command(`filter delete ${header} ${uuid}`);
    };
  }

  /** For commands whose failure means only that the connection is gone, which `closed` reports. */
  #command(line: string): void {
    this.#send(line).catch(() => undefined);
  }

  #send(line: string, headers: EslHeaders = {}): Promise<string> {
    const socket = this.#socket;
    if (!socket || socket.destroyed) {
      return Promise.reject(new GatewayError('media-disconnected', 'the event socket is closed'));
    }
    return new Promise<string>((resolve, reject) => {
      this.#replies.push({ resolve, reject });
      oneWriteATurn(socket);
      socket.write(encodeEslCommand(line, headers));
    });
  }

  /** Counts beats and not time: a process of ours that stood still must not take a living media server for dead. */
  #beat(): void {
    const [oldest] = this.#replies;
    this.#owedBeats = oldest !== undefined && oldest === this.#owed ? this.#owedBeats + 1 : 0;
    if (!oldest) this.#command('api version');
    this.#owed = this.#replies[0];
    if (this.#owedBeats * BEAT_MS < this.#deadAfterMs) return;
    this.#socket?.destroy();
    // Also because replies are matched by order only: after a lost one every later answer would be wrong.
    this.#onClose(`no answer for ${this.#deadAfterMs} ms`, 'silent');
  }

  #onData(bytes: Buffer): void {
    this.#heardAt = this.#clock.monotonic();
    try {
      for (const frame of this.#decoder.push(bytes)) {
        const message = parseEslMessage(frame);
        if (message.kind === 'event') this.#onEvent(message.event);
        else this.#onFrame(message.contentType, message.headers, message.body);
      }
    } catch (error) {
      // What follows a broken frame cannot be trusted to start where we think it does.
      this.#socket?.destroy();
      this.#onClose(`unreadable: ${messageOf(error)}`);
    }
  }

  #onFrame(contentType: string, headers: EslHeaders, body: string): void {
    switch (contentType) {
      case 'auth/request':
        this.#greeted?.('');
        return;
      case 'command/reply':
        this.#replies.shift()?.resolve(headerOf(headers, 'Reply-Text') ?? '');
        return;
      case 'api/response':
        this.#replies.shift()?.resolve(body);
        return;
      case 'text/rude-rejection':
        this.#onClose('refused by the access list of the event socket');
        return;
      case 'text/disconnect-notice':
        this.#onClose('disconnected by the media server');
        return;
      default:
    }
  }

  #onEvent(event: EslEvent): void {
    const header = (name: string): string | undefined => event.headers[name];
    const channelEvent: ChannelEvent = { name: header('Event-Name') ?? '', header };
    if (channelEvent.name === 'HEARTBEAT') {
      this.emit('heartbeat', channelEvent);
      return;
    }
    const concerned = new Set(WATCHED_HEADERS.map(header));
    for (const uuid of concerned) if (uuid) this.#tell(uuid, channelEvent);
  }

  /** A watcher that throws must not cost every other channel its connection. */
  #tell(uuid: string, event: ChannelEvent): void {
    for (const listener of [...(this.#watchers.get(uuid) ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        setImmediate(() => {
          throw error;
        });
      }
    }
  }

  #onClose(reason: string, how: 'closed' | 'silent' = 'closed'): void {
    if (!this.#socket) return;
    this.#socket = undefined;
    this.#beats?.cancel();
    const lost = new GatewayError('media-disconnected', `event socket: ${reason}`);
    for (const reply of this.#replies.splice(0)) reply.reject(lost);
    this.emit('closed', reason, how);
  }
}
