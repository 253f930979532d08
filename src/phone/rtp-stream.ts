import { createSocket, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { type Clock, GatewayError, systemClock } from '../lib';
import { decodeG711, encodeG711, type G711Law } from '../protocol/g711';
import { addSequence, addTimestamp, decodeRtp, encodeRtp } from '../protocol/rtp';
import { type AudioSource, silenceSource } from './audio-source';
import { type CallAudio, epochOf } from './call-audio';
import { SAMPLE_RATE } from './goertzel';
import { KeyListener } from './key-listener';
import { type KeySlot, KeyQueue } from './key-queue';
import { FRAME_MS, type PacingWheel } from './pacing-wheel';

const FRAME_SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;
const PAYLOAD_LAW: Readonly<Record<number, G711Law>> = Object.freeze({ 0: 'PCMU', 8: 'PCMA' });
const LAW_PAYLOAD: Readonly<Record<G711Law, number>> = Object.freeze({ PCMU: 0, PCMA: 8 });
const BIND_ATTEMPTS = 20;

/** Where and as what sound goes out: the outcome of an offer and an answer. */
export interface RtpTarget {
  readonly address: string;
  readonly port: number;
  readonly law: G711Law;
  readonly telephoneEventPayloadType: number | undefined;
  /** false while the far end or we have put the call on hold. */
  readonly sends: boolean;
}

export interface RtpStreamOptions {
  readonly wheel: PacingWheel;
  readonly audio: CallAudio;
  readonly clock?: Clock;
}

/** One call's RTP: sends a source and keys as one stream (one SSRC, numbers without a break) and hears what arrives. */
export class RtpStream {
  readonly #ssrc = randomBytes(4).readUInt32BE();
  readonly #keys = new KeyQueue();
  readonly #listener = new KeyListener();
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #clock: Clock;
  #socket: Socket;
  #source: AudioSource = silenceSource;
  #target: RtpTarget | undefined;
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #pressTimestamp = 0;
  #talkStarts = true;
  #leaveWheel: (() => void) | undefined;
  #keysSent: (() => void)[] = [];
  #sendError: Error | undefined;

  private constructor(socket: Socket, readonly options: RtpStreamOptions) {
    this.#socket = socket;
    this.#clock = options.clock ?? systemClock;
    socket.on('message', (bytes) => this.#take(bytes));
    // ECONNREFUSED and the like: the far end may not have opened its port yet, or has closed it already.
    socket.on('error', (error) => (this.#sendError = error));
  }

  /** Opens a socket on an even port of `host` (RFC 3550 11 asks for even ones). */
  static async open(host: string, options: RtpStreamOptions): Promise<RtpStream> {
    for (let attempt = 0; ; attempt += 1) {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      await new Promise<void>((resolve, reject) => {
        socket.once('error', (cause) =>
          reject(new GatewayError('phone-rtp-port-unavailable', `cannot open an RTP port on ${host}`, { cause })));
        socket.bind(0, host, resolve);
      });
      socket.removeAllListeners('error');
      if (socket.address().port % 2 === 0 || attempt === BIND_ATTEMPTS) return new RtpStream(socket, options);
      socket.close();
    }
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** The last error of the socket, if there was one. */
  get sendError(): Error | undefined {
    return this.#sendError;
  }

  /** Begins to send, or goes on to another address or codec with the same numbers. */
  aim(target: RtpTarget): void {
    if (!this.#target?.sends && target.sends) this.#talkStarts = true;
    this.#target = target;
    this.#leaveWheel ??= this.options.wheel.join(() => this.#beat());
  }

  play(source: AudioSource): void {
    this.#source = source;
  }

  /**
   * Presses keys (RFC 4733, 'w' waits 500 ms); resolves when the last has been sent. Throws `phone-no-telephone-event`
   * when
   * the far end did not agree to it, `phone-not-a-key` for anything but 0-9 * # A-D w.
   */
  press(digits: string, durationMs?: number): Promise<void> {
    if (this.#target?.telephoneEventPayloadType === undefined) {
      return Promise.reject(new GatewayError('phone-no-telephone-event', 'the far end does not take telephone-event'));
    }
    return new Promise((resolve) => {
      this.#keys.press(digits, durationMs);
      this.#keysSent.push(resolve);
    });
  }

  close(): void {
    this.#leaveWheel?.();
    this.#leaveWheel = undefined;
    for (const resolve of this.#keysSent.splice(0)) resolve();
    this.#socket.close();
  }

  #beat(): void {
    const target = this.#target;
    if (!target) return;
    // Time goes on while on hold: the next packet's timestamp tells the pause (RFC 3550 5.1).
    if (target.sends) this.#sendSlot(target);
    this.#timestamp = addTimestamp(this.#timestamp, FRAME_SAMPLES);
  }

  #sendSlot(target: RtpTarget): void {
    const slot = this.#keys.next();
    if (slot === 'empty') for (const resolve of this.#keysSent.splice(0)) resolve();
    if (typeof slot === 'object') return this.#sendKey(target, slot);
    this.#source.fill(this.#frame);
    this.#send(target, {
      payloadType: LAW_PAYLOAD[target.law], timestamp: this.#timestamp, marker: this.#talkStarts,
      payload: encodeG711(target.law, this.#frame),
    });
    this.#talkStarts = false;
  }

  #sendKey(target: RtpTarget, slot: KeySlot): void {
    if (slot.startsPress) this.#pressTimestamp = this.#timestamp;
    slot.payloads.forEach((payload, copy) =>
      this.#send(target, {
        payloadType: target.telephoneEventPayloadType ?? 101, timestamp: this.#pressTimestamp,
        marker: slot.marker && copy === 0, payload,
      }));
  }

  #send(
    target: RtpTarget, packet: { payloadType: number; timestamp: number; marker: boolean; payload: Buffer },
  ): void {
    const bytes = encodeRtp({ ...packet, sequence: this.#sequence, ssrc: this.#ssrc });
    this.#sequence = addSequence(this.#sequence, 1);
    this.#socket.send(bytes, target.port, target.address);
  }

  #take(bytes: Buffer): void {
    const at = epochOf(this.#clock);
    const decoding = decodeRtp(bytes);
    if (decoding.outcome === 'invalid') return;
    const { payload, ...header } = decoding.packet;
    const law = PAYLOAD_LAW[header.payloadType];
    const isEvent = law === undefined && header.payloadType === this.#target?.telephoneEventPayloadType;
    const samples = law && decodeG711(law, payload);
    this.options.audio.add({ at, ...header, samples, isEvent });
    if (!isEvent) return;
    for (const digit of this.#listener.take(payload, header.timestamp, at)) this.options.audio.addDigit(digit);
  }
}
