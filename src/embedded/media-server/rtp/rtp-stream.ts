import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { G722Decoder, G722Encoder } from '../../../protocol/g722';
import {
  addSequence, addTimestamp, decodeRtp, RTP_HEADER_BYTES, type RtpPacket, writeRtpHeader,
} from '../../../protocol/rtp';
import { type AudioFrame, bytesIn, FRAME_SAMPLES, frameOf, silentFrame } from './audio-frame';
import { ClipWriter } from './clip-bytes';
import { ComfortNoise } from './comfort-noise';
import { DigitReceiver } from './digit-receiver';
import type { EngineReport, RecordPlan, StreamCounters, StreamPlan } from './engine-messages';
import { JitterBuffer } from './jitter-buffer';
import { KeyPresser } from './key-presser';
import { Playout } from './playout';
import type { RadioStation } from './radio-station';
import { Recorder } from './recorder';
import { type Place, RemoteSource } from './remote-source';
import type { RtcpReporter, SendingFacts } from './rtcp-reporter';

/** Payload type of comfort noise (RFC 3389 section 4). We never offer it; far ends send it all the same. */
const COMFORT_NOISE = 13;
/** A far end that is not to send is given this many times as long (FreeSWITCH: media_hold_timeout). */
const HOLD_FACTOR = 10;
/** In a frame of G.722 of which a part is missing: the smallest step. */
const G722_FILLING = 0xff;
/** In a frame of either law of which a part is missing (G.711: the code of zero). */
const LAW_FILLING = { PCMU: 0xff, PCMA: 0xd5 } as const;

/** Where the audio of a bridge comes from. */
export interface BridgePartner {
  frameAt(frame: number): AudioFrame;
}

export interface StreamSurroundings {
  report(message: EngineReport): void;
  radio(name: string): RadioStation | undefined;
  /** Monotonic milliseconds. */
  now(): number;
  /** Epoch milliseconds. */
  wall(): number;
}

/**
 * One channel's RTP: one SSRC for its whole life, sequence numbers by one, timestamps by 160 for every frame whatever
 * is heard: playback, silence, a bridge, another codec.
 */
export class RtpStream implements BridgePartner {
  readonly #ssrc = randomBytes(4).readUInt32BE();
  readonly #playout: Playout;
  readonly #digits: DigitReceiver;
  readonly #keys = new KeyPresser();
  readonly #jitter = new JitterBuffer();
  readonly #noise = new ComfortNoise();
  readonly #encoder = new G722Encoder();
  #decoder = new G722Decoder();
  /** Follows what we send, for recordings. */
  readonly #sent = new G722Decoder();
  #writer = new ClipWriter('PCMU', this.#encoder);
  readonly #recorders = new Map<string, Recorder>();
  readonly #muted = { read: false, write: false };
  #plan: StreamPlan | undefined;
  #remote: RemoteSource | undefined;
  #partner: BridgePartner | undefined;
  #relaying = false;
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #talking = false;
  /** The last frame that somebody heard, or that is over. */
  #frameRead: number | undefined;
  #lastRead: AudioFrame = silentFrame();
  #remoteSsrc: number | undefined;
  #lastTimestamp: number | undefined;
  #rtcpPlace: Place | undefined;
  #heardAtMs = 0;
  #timeoutMs = 0;
  readonly #counters = { packetsSent: 0, packetsReceived: 0, bytesSent: 0, bytesReceived: 0, sendErrors: 0 };

  constructor(
    readonly id: string, private readonly socket: Socket, private readonly rtcp: RtcpReporter,
    private readonly around: StreamSurroundings,
  ) {
    this.#playout = new Playout(
      { ended: (playId, samples) => around.report({ type: 'played', id, playId, samples, stopped: false }) },
      (name) => around.radio(name),
    );
    this.#digits = new DigitReceiver((digit, duration) => around.report({ type: 'digit', id, digit, duration }));
    socket.on('error', () => {
      this.#counters.sendErrors += 1;
    });
    socket.on('message', (bytes, from) => this.#receive(bytes, from.address, from.port));
  }

  configure(plan: StreamPlan): void {
    const place = { address: plan.remoteAddress, port: plan.remotePort };
    const now = this.around.now();
    if (this.#remote) this.#remote.moveTo(place, now);
    else this.#remote = new RemoteSource(place, now);
    if (this.#plan?.codec !== plan.codec) {
      this.#jitter.reset();
      this.#decoder = new G722Decoder();
      this.#writer = new ClipWriter(plan.codec, this.#encoder);
    }
    this.#plan = plan;
    this.#heardAtMs = now;
  }

  play(...playback: Parameters<Playout['push']>): void {
    this.#playout.push(...playback);
  }

  stopPlay(playId: string): void {
    const samples = this.#playout.remove(playId);
    if (samples !== undefined) this.around.report({ type: 'played', id: this.id, playId, samples, stopped: true });
  }

  /** `relaying`: the partner is in another worker and gets our frames by message. */
  bridge(partner: BridgePartner | undefined, relaying = false): void {
    this.#partner = partner;
    this.#relaying = relaying;
  }

  get partner(): BridgePartner | undefined {
    return this.#partner;
  }

  record(recordId: string, plan: RecordPlan): void {
    const recorder = new Recorder(plan, (result) => {
      this.#recorders.delete(recordId);
      this.around.report({ type: 'recorded', id: this.id, recordId, ...result });
    });
    this.#recorders.set(recordId, recorder);
  }

  stopRecord(recordId: string): void {
    this.#recorders.get(recordId)?.end('stopped');
  }

  press(digit: string, durationMs: number): void {
    this.#keys.add(digit, durationMs);
  }

  mute(side: 'read' | 'write', muted: boolean): void {
    this.#muted[side] = muted;
  }

  watchMedia(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.#heardAtMs = this.around.now();
  }

  counters(worstLatenessMs: number): StreamCounters {
    const { rtcp } = this;
    return {
      ...this.#counters, packetsMissing: rtcp.lost, packetsLate: this.#jitter.late, jitterMs: rtcp.jitter / 8,
      far: rtcp.far, worstLatenessMs,
    };
  }

  /** Ends the recordings and closes both ports. */
  close(): void {
    for (const recorder of this.#recorders.values()) recorder.end('stopped');
    this.rtcp.close(this.#sendingFacts());
    this.#plan = undefined;
    this.socket.close();
  }

  /** What this channel's far end says in this frame; the same answer however many ask. */
  frameAt(frame: number): AudioFrame {
    if (frame === this.#frameRead) return this.#lastRead;
    this.#passOver(frame);
    this.#frameRead = frame;
    const codec = this.#plan?.codec ?? 'PCMU';
    const bytes = new Uint8Array(FRAME_SAMPLES);
    const heard = this.#jitter.pull(bytes, codec === 'G722' ? G722_FILLING : LAW_FILLING[codec]);
    if (this.#muted.read) this.#lastRead = silentFrame();
    else if (heard) this.#lastRead = frameOf(codec, bytes, this.#decoder);
    else this.#lastRead = this.#noise.frame(this.around.now()) ?? silentFrame();
    return this.#lastRead;
  }

  /** What nobody listened to before `frame` is over: whoever begins to listen hears what is said now, from the first frame on. */
  #passOver(frame: number): void {
    const unheard = frame - 1 - (this.#frameRead ?? frame - 1);
    if (unheard > 0) this.#jitter.skip(unheard * FRAME_SAMPLES);
    this.#frameRead = Math.max(this.#frameRead ?? 0, frame - 1);
  }

  /** One 20 ms frame: sends what is due and feeds whoever listens. `now`: read once for all streams of a moment. */
  tick(frame: number, now: number): void {
    const plan = this.#plan;
    if (!plan) return;
    this.#timestamp = addTimestamp(this.#timestamp, FRAME_SAMPLES);
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + FRAME_SAMPLES);
    const audio = packet.subarray(RTP_HEADER_BYTES);
    const talking = this.#fill(plan, audio, frame);
    if (this.#muted.write) this.#writer.silence(audio, 0, audio.length);
    this.#send(plan, packet, talking);
    if (this.#recorders.size > 0) {
      const [read, write] = [this.frameAt(frame), frameOf(plan.codec, audio, this.#sent)];
      for (const recorder of this.#recorders.values()) recorder.add(read.linear(), write.linear());
    }
    if (this.#relaying) {
      const { codec, bytes } = this.frameAt(frame);
      this.around.report({ type: 'relay', id: this.id, codec, bytes });
    }
    this.#passOver(frame);
    this.rtcp.tick(now, this.#facts);
    this.#check(now);
  }

  #fill(plan: StreamPlan, audio: Buffer, frame: number): boolean {
    if (this.#playout.fill(this.#writer, audio, frame)) return true;
    const heard = this.#partner?.frameAt(frame);
    if (!heard) {
      this.#writer.silence(audio, 0, audio.length);
      return false;
    }
    audio.set(bytesIn(plan.codec, heard, this.#encoder));
    return true;
  }

  #send(plan: StreamPlan, packet: Buffer, talking: boolean): void {
    if (!plan.sending || plan.remotePort === 0) {
      this.#talking = false;
      return;
    }
    const keys = plan.telephoneEvent === undefined ? undefined : this.#keys.next();
    if (keys && plan.telephoneEvent !== undefined) {
      const timestamp = addTimestamp(this.#timestamp, -keys.sinceStart * FRAME_SAMPLES);
      for (const { marker, payload } of keys.packets) {
        const bytes = Buffer.allocUnsafe(RTP_HEADER_BYTES + payload.length);
        payload.copy(bytes, RTP_HEADER_BYTES);
        this.#transmit(bytes, plan.telephoneEvent, marker, timestamp);
      }
      this.#talking = false;
      return;
    }
    // RFC 3551 section 4.1: the marker bit says that a talk spurt begins
    this.#transmit(packet, plan.payloadType, talking && !this.#talking, this.#timestamp);
    this.#talking = talking;
  }

  #transmit(bytes: Buffer, payloadType: number, marker: boolean, timestamp: number): void {
    const place = this.#remote?.place;
    if (!place) return;
    this.#sequence = addSequence(this.#sequence, 1);
    writeRtpHeader(bytes, { payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc });
    this.#counters.packetsSent += 1;
    this.#counters.bytesSent += bytes.length;
    this.socket.send(bytes, place.port, place.address, (error) => {
      if (error) this.#counters.sendErrors += 1;
    });
  }

  #receive(bytes: Buffer, address: string, port: number): void {
    const plan = this.#plan;
    const remote = this.#remote;
    if (!plan || !remote) return;
    const decoded = decodeRtp(bytes);
    if (decoded.outcome === 'invalid') return;
    const { packet } = decoded;
    const kind = kindOf(packet.payloadType, plan);
    if (kind === 'unknown') return;
    const now = this.around.now();
    if (!remote.accept({ address, port, ssrc: packet.ssrc, sequence: packet.sequence }, now)) return;
    if (packet.ssrc !== this.#remoteSsrc) this.#beginSource(packet.ssrc);
    this.rtcp.count(packet.ssrc, packet.sequence, packet.timestamp, packet.timestamp === this.#lastTimestamp);
    this.#lastTimestamp = packet.timestamp;
    this.#heardAtMs = now;
    this.#counters.packetsReceived += 1;
    this.#counters.bytesReceived += bytes.length;
    if (plan.receiving) this.#take(kind, packet, now);
  }

  #take(kind: 'audio' | 'event' | 'noise', { timestamp, payload }: RtpPacket, now: number): void {
    if (kind === 'event') this.#digits.receive(timestamp, payload, now);
    else if (kind === 'noise') this.#noise.tell(payload, now);
    else {
      this.#noise.end();
      this.#jitter.push(timestamp, payload);
    }
  }

  #beginSource(ssrc: number): void {
    this.#remoteSsrc = ssrc;
    this.#jitter.reset();
    this.#digits.reset();
    this.#noise.end();
    this.#decoder = new G722Decoder();
  }

  /** Reports are believed from the address that the audio comes from; that is then where ours go. */
  receiveRtcp(bytes: Buffer, address: string, port: number): void {
    if (address !== this.#remote?.place.address || !this.rtcp.receive(bytes)) return;
    this.#rtcpPlace = { address, port };
    // Between two comfort noise packets reports are the only sign of life there is.
    if (this.#noise.isOn) this.#heardAtMs = this.around.now();
  }

  readonly #facts = (): SendingFacts => this.#sendingFacts();

  #sendingFacts(): SendingFacts {
    const { packetsSent: packets, bytesSent } = this.#counters;
    const place = this.#remote?.place;
    const named = place && { address: place.address, port: this.#plan?.remoteRtcpPort ?? place.port + 1 };
    const to = this.#rtcpPlace?.address === place?.address ? (this.#rtcpPlace ?? named) : named;
    return {
      ssrc: this.#ssrc, rtpTimestamp: this.#timestamp, packets, octets: bytesSent - packets * RTP_HEADER_BYTES,
      sending: this.#plan?.sending ?? false, to: place?.port === 0 ? undefined : to,
    };
  }

  #check(now: number): void {
    this.#digits.check(now);
    const limit = this.#plan?.receiving === false ? this.#timeoutMs * HOLD_FACTOR : this.#timeoutMs;
    if (limit > 0 && now - this.#heardAtMs > limit) {
      this.#timeoutMs = 0;
      this.around.report({ type: 'timed-out', id: this.id });
    }
  }
}

function kindOf(payloadType: number, plan: StreamPlan): 'audio' | 'event' | 'noise' | 'unknown' {
  if (payloadType === plan.telephoneEvent) return 'event';
  if (payloadType === plan.payloadType) return 'audio';
  return payloadType === COMFORT_NOISE ? 'noise' : 'unknown';
}
