import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../../lib';
import type { EngineCommand, EngineReport } from './engine-messages';
import { PacingWheel, PHASES } from './pacing-wheel';
import { RadioStation } from './radio-station';
import { type AudioFrame, type BridgePartner, RtpStream } from './rtp-stream';
import { G711_SILENCE } from '../../../protocol/g711';

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

  add(frame: AudioFrame): void {
    this.#frames.push(frame);
    if (this.#frames.length > 3) this.#frames.shift();
  }

  frameAt(): AudioFrame {
    return this.#frames.shift() ?? { law: 'PCMU', bytes: new Uint8Array(160).fill(G711_SILENCE.PCMU) };
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
      for (const stream of this.#byPhase[phase] ?? []) stream.tick(frame);
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
      case 'open': return this.#open(command.id, command.address, command.port);
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

  #open(id: string, address: string, port: number): void {
    const socket: Socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', lookup: literalLookup });
    const failed = (error: NodeJS.ErrnoException): void => {
      socket.close();
      this.report({ type: 'open-failed', id, code: error.code ?? 'UNKNOWN', message: error.message });
    };
    socket.once('error', failed);
    socket.bind(port, address, () => {
      socket.off('error', failed);
      const stream = new RtpStream(id, socket, {
        report: this.report,
        radio: (name) => this.#radio.get(name),
        now: () => this.clock.monotonic(),
      });
      this.#streams.set(id, stream);
      this.#quietestPhase().add(stream);
      this.report({ type: 'opened', id });
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

