import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Clock, messageOf } from '../../../lib';
import { G722Decoder } from '../../../protocol/g722';
import type { AudioCodec } from '../../../protocol/sdp';
import { type AudioFrame, frameOf, silentFrame } from './audio-frame';
import type { EngineCommand, EngineReport } from './engine-messages';
import { PacingWheel, PHASES } from './pacing-wheel';
import { RadioStation } from './radio-station';
import { RtcpReporter } from './rtcp-reporter';
import { type BridgePartner, RtpStream } from './rtp-stream';

type Lookup = (host: string, options: unknown, done: (error: null, address: string, family: number) => void) => void;

/** A command for one stream that is open. */
type StreamCommand = Exclude<EngineCommand, { type: 'open' | 'radio' | 'relayed' | 'close' | 'stop' }>;

/**
 * Destinations are always IP addresses; resolving them again for every packet would cost a turn of the event loop
 * each.
 */
const literalLookup: Lookup = (host, _options, done) => done(null, host, isIPv6(host) ? 6 : 4);

/**
 * Frames of a partner that lives in another worker; the newest three are kept, which absorbs the hop between threads.
 */
class RelayedPartner implements BridgePartner {
  readonly #frames: AudioFrame[] = [];
  readonly #decoder = new G722Decoder();

  add({ codec, bytes }: { codec: AudioCodec; bytes: Uint8Array }): void {
    this.#frames.push(frameOf(codec, bytes, this.#decoder));
    if (this.#frames.length > 3) this.#frames.shift();
  }

  frameAt(): AudioFrame {
    return this.#frames.shift() ?? silentFrame();
  }
}

/** All streams of one worker and the wheel that turns them; speaks only in commands and reports. */
export class StreamTable {
  readonly #streams = new Map<string, RtpStream>();
  readonly #relayed = new Map<string, RelayedPartner>();
  readonly #radio = new Map<string, RadioStation>();
  readonly #byPhase: Set<RtpStream>[] = Array.from({ length: PHASES }, () => new Set<RtpStream>());
  readonly #wheel: PacingWheel;

  constructor(private readonly clock: Clock, private readonly report: (message: EngineReport) => void) {
    this.#wheel = new PacingWheel(clock, (phase, frame) => {
      const now = clock.monotonic();
      for (const stream of this.#byPhase[phase] ?? []) stream.tick(frame, now);
    });
  }

  start(): void {
    this.#wheel.start();
  }

  stop(): void {
    this.#wheel.stop();
    for (const id of [...this.#streams.keys()]) this.#close(id);
    this.report({ type: 'stopped' });
  }

  /** Commands for streams that are gone are late, not wrong: the channel ended while they were under way. */
  run(command: EngineCommand): void {
    switch (command.type) {
      case 'open': return this.#open(command);
      case 'radio': return void this.#radio.set(command.name, new RadioStation(command.clips));
      case 'relayed': return this.#relayed.get(command.id)?.add(command);
      case 'close': return this.#close(command.id);
      case 'stop': return this.stop();
      default: {
        const stream = this.#streams.get(command.id);
        if (stream) this.#runOn(stream, command);
      }
    }
  }

  #runOn(stream: RtpStream, command: StreamCommand): void {
    switch (command.type) {
      case 'configure': return stream.configure(command.plan);
      case 'play': return stream.play(command.playId, command.segments, command.loops, command.level);
      case 'stop-play': return stream.stopPlay(command.playId);
      case 'bridge': return this.#bridge(stream, command.partner);
      case 'unbridge': return this.#unbridge(stream);
      case 'record': return stream.record(command.recordId, command.plan);
      case 'stop-record': return stream.stopRecord(command.recordId);
      case 'press': return stream.press(command.digit, command.durationMs);
      case 'mute': return stream.mute(command.side, command.muted);
      case 'media-timeout': return stream.watchMedia(command.timeoutMs);
      case 'measure': {
        const counters = stream.counters(this.#wheel.worstLatenessMs);
        return this.report({ type: 'measured', requestId: command.requestId, counters });
      }
    }
  }

  #bridge(stream: RtpStream, partnerId: string): void {
    const local = this.#streams.get(partnerId);
    if (local) return stream.bridge(local);
    const relayed = new RelayedPartner();
    this.#relayed.set(stream.id, relayed);
    stream.bridge(relayed, true);
  }

  #unbridge(stream: RtpStream): void {
    this.#relayed.delete(stream.id);
    stream.bridge(undefined);
  }

  /** RTP on the port, RTCP on the next one (RFC 3550 section 11): both or none. */
  #open({ id, address, port, rtcpIntervalMs }: Extract<EngineCommand, { type: 'open' }>): void {
    const sockets = [0, 1].map(() => createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', lookup: literalLookup }));
    const [rtp, rtcp] = sockets as [Socket, Socket];
    Promise.all([bind(rtp, port, address), bind(rtcp, port + 1, address)]).then(() => {
      const around = {
        report: this.report,
        radio: (name: string) => this.#radio.get(name),
        now: () => this.clock.monotonic(),
        wall: () => this.clock.now(),
      };
      const reporter = new RtcpReporter(rtcp, rtcpIntervalMs, around, `${id}@${address}`);
      const stream = new RtpStream(id, rtp, reporter, around);
      rtcp.on('message', (bytes, from) => stream.receiveRtcp(bytes, from.address, from.port));
      this.#streams.set(id, stream);
      this.#quietestPhase().add(stream);
      this.report({ type: 'opened', id });
    }, (error: unknown) => {
      for (const socket of sockets) socket.close();
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      this.report({ type: 'open-failed', id, code, message: messageOf(error) });
    });
  }

  #quietestPhase(): Set<RtpStream> {
    return this.#byPhase.reduce((best, phase) => (phase.size < best.size ? phase : best));
  }

  #close(id: string): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    this.#relayed.delete(id);
    for (const phase of this.#byPhase) phase.delete(stream);
    for (const other of this.#streams.values()) if (other.partner === stream) other.bridge(undefined);
    stream.close();
  }
}


function bind(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
