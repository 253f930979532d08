import { type Clock, GatewayError, systemClock } from '../../lib';
import type { AudioCodec } from '../../protocol/sdp';
import { formatHostPort } from '../../protocol/sip';
import { type IncomingCall, UserAgent } from '../../sip-stack';
import { runApiCommand } from './api/api-commands';
import type { ApiWorld } from './api/api-world';
import { APPLICATIONS } from './apps';
import type { Channel, ChannelSurroundings } from './channel/channel';
import type { CommandWorld } from './event-socket/command-interpreter';
import { EventHub } from './event-socket/event-hub';
import { EventSocketServer } from './event-socket/event-socket-server';
import { controlByOutboundSocket, parseTarget } from './event-socket/outbound-socket';
import { Heartbeat } from './heartbeat';
import { AdmissionLimits } from './limits';
import { AUDIO_CODECS, type MediaServerOptions } from './options';
import { RTCP_INTERVAL_MS } from './rtp/rtcp-reporter';
import { RtpEngine } from './rtp/rtp-engine';
import { MediaCall } from './sip/media-call';
import { ClipLibrary } from './sounds/clip-library';
import { loadLocalStream } from './sounds/local-streams';
import { SoundResolver } from './sounds/sound-resolver';

const CHANNELS_PER_WORKER = 300;
/** How long a stop waits for the answers to its BYEs. */
const GOODBYE_MS = 200;

function rethrow(error: Error): void {
  throw error;
}

/** FreeSWITCH as the gateway uses it: SIP and RTP towards the phones, the event socket towards controllers. */
export class MediaServer {
  readonly #options: MediaServerOptions;
  readonly #clock: Clock;
  readonly #host: string;
  readonly #controlHost: string;
  readonly #log: (line: string) => void;
  readonly #hub: EventHub;
  readonly #limits: AdmissionLimits;
  readonly #engine: RtpEngine;
  readonly #clips: ClipLibrary;
  readonly #agent: UserAgent;
  readonly #events: EventSocketServer;
  readonly #heartbeat: Heartbeat;
  readonly #channels = new Map<string, Channel>();
  readonly #around: ChannelSurroundings;
  readonly #world: CommandWorld;
  #sip: { host: string; port: number } | undefined;
  #eslPort = 0;

  constructor(options: MediaServerOptions) {
    const { workers = 1, clock = systemClock, host = '127.0.0.1', controlHost = '127.0.0.1' } = options;
    const { log = () => undefined, onFailure = rethrow } = options;
    this.#options = options;
    this.#clock = clock;
    this.#host = host;
    this.#controlHost = controlHost;
    this.#log = log;
    this.#hub = new EventHub(options.externalAddress ?? host, clock);
    const { maxSessions = CHANNELS_PER_WORKER * workers, sessionsPerSecond = 80 } = options;
    this.#limits = new AdmissionLimits({ maxSessions, sessionsPerSecond }, clock);
    const { rtpPortMin: portMin = 20_000, rtpPortMax: portMax = 24_000 } = options;
    const { rtcpIntervalMs = RTCP_INTERVAL_MS } = options;
    this.#engine = new RtpEngine({ address: host, portMin, portMax, workers, rtcpIntervalMs, onFailure });
    this.#clips = new ClipLibrary(onFailure);
    this.#agent = new UserAgent({ user: 'mod_sofia', userAgent: 'Holdfast-media', clock });
    const find = (uuid: string): Channel | undefined => this.#channels.get(uuid);
    this.#around = {
      engine: this.#engine, hub: this.#hub, clock, log, find,
      sounds: new SoundResolver(this.#clips, new Set(Object.keys(options.localStreams ?? {}))),
      application: (channel, name) => APPLICATIONS.get(name)?.(channel),
      gone: (channel) => void this.#channels.delete(channel.uuid),
    };
    const api = this.#apiWorld(find);
    this.#world = { hub: this.#hub, find, api: (line) => runApiCommand(api, line) };
    this.#events = new EventSocketServer({
      host: controlHost, port: options.eslPort ?? 0, secret: options.secret, world: this.#world, log,
    });
    this.#heartbeat = new Heartbeat(this.#hub, this.#limits, clock, options.heartbeatMs ?? 2_000);
  }

  /** `host:port` of the SIP side; throws GatewayError `embedded-media-not-started` before `start`. */
  get sipAddress(): string {
    if (!this.#sip) throw new GatewayError('embedded-media-not-started', 'the media server is not started');
    return formatHostPort(this.#sip);
  }

  get eslAddress(): { readonly host: string; readonly port: number } {
    return { host: this.#controlHost, port: this.#eslPort };
  }

  get #codecs(): readonly AudioCodec[] {
    return this.#options.codecs ?? AUDIO_CODECS;
  }

  /** Listens; rejects with GatewayError when an address is in use or a shared stream cannot be read. */
  async start(): Promise<void> {
    this.#clips.start();
    this.#engine.start();
    try {
      for (const [name, directory] of Object.entries(this.#options.localStreams ?? {})) {
        const wideband = this.#codecs.includes('G722');
        this.#engine.tuneRadio(name, await loadLocalStream(this.#clips, name, directory, wideband));
      }
      this.#agent.onInvite((call) => this.#onInvite(call));
      this.#sip = await this.#agent.start({ host: this.#controlHost, port: this.#options.sipPort ?? 0 });
      this.#eslPort = await this.#events.start();
      this.#heartbeat.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Hangs up every channel and closes everything, within a second. */
  async stop(): Promise<void> {
    this.#heartbeat.stop();
    const open = [...this.#channels.values()];
    for (const channel of open) channel.hangUp('MANAGER_REQUEST');
    if (open.length > 0) await new Promise<void>((resolve) => this.#clock.after(GOODBYE_MS, resolve));
    await this.#events.stop();
    if (this.#sip) await this.#agent.stop();
    await Promise.all([this.#engine.stop(), this.#clips.stop()]);
  }

  #onInvite(call: IncomingCall): void {
    if (this.#limits.admit() === 'refused') {
      call.reject(503, { 'Retry-After': '300' }, 'Maximum Calls In Progress');
      return;
    }
    if (!/^drachtio-fsmrf:/.test(call.invite.headers.get('User-Agent') ?? '')) {
      this.#limits.release();
      call.reject(404); // no other extension in the dialplan
      return;
    }
    const media = new MediaCall(call, {
      around: this.#around,
      mediaAddress: this.#options.externalAddress ?? this.#host,
      codecs: this.#codecs,
      mediaTimeoutMs: this.#options.mediaTimeoutMs ?? 0,
      answered: (channel) => this.#control(channel),
      created: (channel) => void this.#channels.set(channel.uuid, channel),
      release: () => this.#limits.release(),
    });
    media.start().catch((error: unknown) => {
      this.#log(`INVITE: ${String(error)}`);
      call.reject(500);
    });
  }

  /** The dialplan: `socket ${sip_h_X-esl-outbound} async full`. */
  #control(channel: Channel): void {
    void this.#connectSocket(channel, channel.variables.get('sip_h_X-esl-outbound') ?? '');
  }

  async #connectSocket(channel: Channel, text: string): Promise<void> {
    const target = parseTarget(text);
    const connected = target && (await controlByOutboundSocket(channel, target, this.#world, this.#log));
    if (connected !== 'connected') channel.hangUp('DESTINATION_OUT_OF_ORDER');
    else channel.park();
  }

  #apiWorld(find: (uuid: string) => Channel | undefined): ApiWorld {
    return {
      hub: this.#hub, clock: this.#clock, limits: this.#limits, startedAt: this.#clock.now(), globals: new Map(), find,
      sipAddress: () => this.sipAddress,
      channels: () => this.#channels.values(),
      connectSocket: async (channel, target) => {
        await channel.leaveForTransfer();
        await this.#connectSocket(channel, target);
      },
    };
  }
}

/** Starts a media server inside this process. */
export async function startMediaServer(options: MediaServerOptions): Promise<MediaServer> {
  const server = new MediaServer(options);
  await server.start();
  return server;
}
