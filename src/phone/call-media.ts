import { type Clock, GatewayError } from '../lib';
import type { G711Law } from '../protocol/g711';
import {
  answerAudio, answerDirection, type AudioDescription, commonCodec, type LocalAudio, type MediaDirection, offerAudio,
  parseAudioSdp,
} from '../protocol/sdp';
import { openSource, type PlaySpec } from './audio-source';
import { CallAudio } from './call-audio';
import type { PacingWheel } from './pacing-wheel';
import { RtpStream } from './rtp-stream';

export interface CallMediaOptions {
  readonly host: string;
  readonly codecs: readonly G711Law[];
  readonly wheel: PacingWheel;
  readonly clock: Clock;
  readonly keepSound: boolean;
}

export type OfferAnswering =
  | { readonly outcome: 'answer'; readonly sdp: string }
  /** Nothing in the offer that we can do: 488. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** The media half of a call: offers and answers (RFC 3264), and the RTP stream they describe. */
export class CallMedia {
  readonly audio: CallAudio;
  readonly #options: CallMediaOptions;
  readonly #stream: RtpStream;
  /** A constant id per call; the version grows with each description (RFC 3264 8). */
  readonly #originId = String(Math.floor(Math.random() * 2 ** 31));
  #version = 0;
  #direction: MediaDirection = 'sendrecv';
  #remote: AudioDescription | undefined;

  private constructor(options: CallMediaOptions, audio: CallAudio, stream: RtpStream) {
    this.#options = options;
    this.audio = audio;
    this.#stream = stream;
  }

  /** Opens the RTP port. Throws `phone-rtp-port-unavailable`. */
  static async open(options: CallMediaOptions): Promise<CallMedia> {
    const audio = new CallAudio({ keepSound: options.keepSound, clock: options.clock });
    const stream = await RtpStream.open(options.host, { wheel: options.wheel, audio, clock: options.clock });
    return new CallMedia(options, audio, stream);
  }

  get stream(): RtpStream {
    return this.#stream;
  }

  /** What the far end last said of its audio. */
  get remote(): AudioDescription | undefined {
    return this.#remote;
  }

  /** A new offer; `direction` is what we are willing to do from now on. */
  offer(direction: MediaDirection = this.#direction): string {
    this.#direction = direction;
    return offerAudio(this.#local());
  }

  /** Takes the answer to our offer. Throws `phone-sdp-unusable`. */
  takeAnswer(sdp: string): void {
    const parsed = parseAudioSdp(sdp);
    if (parsed.outcome !== 'audio') throw new GatewayError('phone-sdp-unusable',
      `the answer is ${parsed.outcome}: ${sdp}`);
    const chosen = commonCodec(parsed.audio, this.#options.codecs);
    if (!chosen) throw new GatewayError('phone-sdp-unusable', 'the answer has no codec of our offer');
    this.#aim(parsed.audio, chosen.law);
  }

  /** Answers an offer of the far end and follows it. */
  answerTo(sdp: string): OfferAnswering {
    const parsed = parseAudioSdp(sdp);
    if (parsed.outcome !== 'audio') return { outcome: 'refused', reason: parsed.outcome };
    const answer = answerAudio(parsed.audio, this.#local());
    if (answer.outcome === 'no-common-codec') return { outcome: 'refused', reason: answer.outcome };
    this.#aim(parsed.audio, answer.codec);
    return { outcome: 'answer', sdp: answer.sdp };
  }

  /** Changes what we say. Throws `phone-wav-unreadable`. */
  async play(spec: PlaySpec): Promise<void> {
    this.#stream.play(await openSource(spec));
  }

  close(): void {
    this.#stream.close();
  }

  #aim(remote: AudioDescription, law: G711Law): void {
    this.#remote = remote;
    const direction = answerDirection(remote.direction, this.#direction);
    this.#stream.aim({
      address: remote.address, port: remote.port, law,
      telephoneEventPayloadType: remote.telephoneEvent?.payloadType,
      sends: direction === 'sendrecv' || direction === 'sendonly',
    });
  }

  #local(): LocalAudio {
    this.#version += 1;
    return {
      address: this.#options.host, port: this.#stream.port, codecs: this.#options.codecs, direction: this.#direction,
      origin: { username: '-', id: this.#originId, version: this.#version },
    };
  }
}
