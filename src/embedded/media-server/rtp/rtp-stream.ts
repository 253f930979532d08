import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { G711_SILENCE, type G711Law, transcodeG711 } from '../../../protocol/g711';
import { addSequence, addTimestamp, decodeRtp, RTP_HEADER_BYTES, writeRtpHeader } from '../../../protocol/rtp';
import { DigitReceiver } from './digit-receiver';
import type { EngineReport, RecordPlan, StreamCounters, StreamPlan } from './engine-messages';
import { JitterBuffer } from './jitter-buffer';
import { KeyPresser } from './key-presser';
import { FRAME_SAMPLES, Playout } from './playout';
import type { RadioStation } from './radio-station';
import { Recorder } from './recorder';
import { RemoteSource } from './remote-source';

/** A 20 ms frame in the law its sender uses. */
export interface AudioFrame {
  readonly law: G711Law;
  readonly bytes: Uint8Array;
}

/** Where the audio of a bridge comes from. */
export interface BridgePartner {
  frameAt(frame: number): AudioFrame;
}

export interface StreamSurroundings {
  report(message: EngineReport): void;
  radio(name: string): RadioStation | undefined;
  /** Monotonic milliseconds. */
  now(): number;
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
  readonly #recorders = new Map<string, Recorder>();
  readonly #muted = { read: false, write: false };
  #plan: StreamPlan | undefined;
  #remote: RemoteSource | undefined;
  #partner: BridgePartner | undefined;
  #relaying = false;
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #talking = false;
  #frameRead = -1;
  #lastRead: AudioFrame = { law: 'PCMU', bytes: new Uint8Array(FRAME_SAMPLES).fill(G711_SILENCE.PCMU) };
  #listening = false;
  #remoteSsrc: number | undefined;
  #heardAtMs = 0;
  #timeoutMs = 0;
  readonly #counters = { packetsSent: 0, packetsReceived: 0, bytesSent: 0, bytesReceived: 0, sendErrors: 0 };

  constructor(readonly id: string, private readonly socket: Socket, private readonly around: StreamSurroundings) {
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
    if (this.#remote) this.#remote.moveTo(place);
    else this.#remote = new RemoteSource(place);
    if (this.#plan && this.#plan.law !== plan.law) this.#jitter.reset();
    this.#plan = plan;
    this.#heardAtMs = this.around.now();
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
    return { ...this.#counters, packetsMissing: this.#jitter.missing, worstLatenessMs };
  }

  /** Ends the recordings and closes the socket. */
  close(): void {
    for (const recorder of this.#recorders.values()) recorder.end('stopped');
    this.#plan = undefined;
    this.socket.close();
  }

  /** What this channel's far end says in this frame; the same answer however many ask. */
  frameAt(frame: number): AudioFrame {
    if (frame === this.#frameRead) return this.#lastRead;
    if (!this.#listening) this.#jitter.reset();
    this.#listening = true;
    this.#frameRead = frame;
    const law = this.#plan?.law ?? 'PCMU';
    const bytes = new Uint8Array(FRAME_SAMPLES);
    this.#jitter.pull(law, bytes);
    if (this.#muted.read) bytes.fill(G711_SILENCE[law]);
    this.#lastRead = { law, bytes };
    return this.#lastRead;
  }

  /** One 20 ms frame: sends what is due and feeds whoever listens. */
  tick(frame: number): void {
    const plan = this.#plan;
    if (!plan) return;
    this.#timestamp = addTimestamp(this.#timestamp, FRAME_SAMPLES);
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + FRAME_SAMPLES);
    const audio = packet.subarray(RTP_HEADER_BYTES);
    const talking = this.#fill(plan, audio, frame);
    if (this.#muted.write) audio.fill(G711_SILENCE[plan.law]);
    this.#send(plan, packet, talking);
    if (this.#recorders.size > 0) {
      const read = this.frameAt(frame);
      for (const recorder of this.#recorders.values()) recorder.add(read.law, read.bytes, audio);
    }
    if (this.#relaying) this.around.report({ type: 'relay', id: this.id, ...this.frameAt(frame) });
    if (this.#frameRead < frame - 1) this.#listening = false;
    this.#check();
  }

  #fill(plan: StreamPlan, audio: Buffer, frame: number): boolean {
    if (this.#playout.fill(plan.law, audio, frame)) return true;
    const heard = this.#partner?.frameAt(frame);
    if (!heard) {
      audio.fill(G711_SILENCE[plan.law]);
      return false;
    }
    audio.set(heard.law === plan.law ? heard.bytes : transcodeG711(heard.law, plan.law, heard.bytes));
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
    const isEvent = packet.payloadType === plan.telephoneEvent;
    if (!isEvent && packet.payloadType !== plan.payloadType) return;
    const now = this.around.now();
    if (!remote.accept(address, port, now)) return;
    if (packet.ssrc !== this.#remoteSsrc) {
      this.#remoteSsrc = packet.ssrc;
      this.#jitter.reset();
      this.#digits.reset();
    }
    this.#heardAtMs = now;
    this.#counters.packetsReceived += 1;
    this.#counters.bytesReceived += bytes.length;
    if (!plan.receiving) return;
    if (isEvent) this.#digits.receive(packet.timestamp, packet.payload, now);
    // an event takes a sequence number too, or the buffer would wait for it
    if (this.#listening) this.#jitter.push(packet.sequence, isEvent ? Buffer.alloc(0) : packet.payload);
  }

  #check(): void {
    const now = this.around.now();
    this.#digits.check(now);
    if (this.#timeoutMs > 0 && this.#plan?.receiving && now - this.#heardAtMs > this.#timeoutMs) {
      this.#timeoutMs = 0;
      this.around.report({ type: 'timed-out', id: this.id });
    }
  }
}
