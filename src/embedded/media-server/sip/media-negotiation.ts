import { GatewayError } from '../../../lib';
import {
  answerAudio, answerDirection, type AudioCodec, type AudioDescription, commonCodec, type LocalAudio,
  type MediaDirection, offerAudio, parseAudioSdp,
} from '../../../protocol/sdp';
import type { StreamPlan } from '../rtp/engine-messages';

export interface Negotiated {
  readonly plan: StreamPlan;
  readonly localSdp: string;
  readonly remoteSdp: string;
}

export type Negotiation =
  | { readonly outcome: 'agreed'; readonly negotiated: Negotiated }
  /** No stream or no codec that we have. */
  | { readonly outcome: 'unacceptable' };

const TELEPHONE_EVENT = 101;

const sends = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'recvonly';

/**
 * Offer and answer of one channel: the same o= line for its whole life, its version up by one whenever the text
 * changes.
 */
export class MediaNegotiation {
  readonly #address: string;
  readonly #port: number;
  readonly #id: string;
  #version: number;
  #lastSdp: string | undefined;
  #preferred: AudioCodec | undefined;
  readonly #codecs: readonly AudioCodec[];

  /** `startedAt` (epoch ms) makes the identity of the o= line; `codecs` in the order in which we want them. */
  constructor(address: string, port: number, startedAt: number, codecs: readonly AudioCodec[]) {
    this.#codecs = codecs;
    this.#address = address;
    this.#port = port;
    this.#id = String(Math.floor(startedAt / 1000));
    this.#version = Math.floor(startedAt / 1000);
  }

  /** Answers the far end's offer. */
  answer(remoteSdp: string): Negotiation {
    const parsed = parseAudioSdp(remoteSdp);
    if (parsed.outcome !== 'audio') return { outcome: 'unacceptable' };
    const { audio } = parsed;
    const answered = answerAudio(audio, this.#local(this.#version));
    if (answered.outcome === 'no-common-codec') return { outcome: 'unacceptable' };
    const localSdp = this.#publish((version) => {
      const again = answerAudio(audio, this.#local(version));
      if (again.outcome === 'no-common-codec') throw new GatewayError('embedded-answer-changed',
        'the same offer was answered differently');
      return again.sdp;
    });
    this.#preferred = answered.codec;
    const plan = planOf(audio, answered.codec, answered.direction);
    return { outcome: 'agreed', negotiated: { plan, localSdp, remoteSdp } };
  }

  /** Our offer, for an INVITE that brings none; the codec in use comes first. */
  offer(): string {
    return this.#publish((version) => offerAudio(this.#local(version)));
  }

  /** The far end's answer to our offer. */
  complete(remoteSdp: string): Negotiation {
    const parsed = parseAudioSdp(remoteSdp);
    if (parsed.outcome !== 'audio') return { outcome: 'unacceptable' };
    const chosen = commonCodec(parsed.audio, this.#codecs);
    if (!chosen) return { outcome: 'unacceptable' };
    this.#preferred = chosen.law;
    const plan = planOf(parsed.audio, chosen.law, answerDirection(parsed.audio.direction));
    return { outcome: 'agreed', negotiated: { plan, localSdp: this.#lastSdp ?? '', remoteSdp } };
  }

  #local(version: number): LocalAudio<AudioCodec> {
    return {
      address: this.#address,
      port: this.#port,
      origin: { username: 'holdfast', id: this.#id, version },
      preference: 'ours', // codec-negotiation greedy in the production profile
      codecs: [...this.#codecs].sort((a, b) => Number(b === this.#preferred) - Number(a === this.#preferred)),
      telephoneEventPayloadType: TELEPHONE_EVENT,
    };
  }

  #publish(make: (version: number) => string): string {
    if (this.#lastSdp !== undefined && make(this.#version) !== this.#lastSdp) this.#version += 1;
    this.#lastSdp = make(this.#version);
    return this.#lastSdp;
  }
}

function planOf(remote: AudioDescription, codec: AudioCodec, direction: MediaDirection): StreamPlan {
  const chosen = commonCodec(remote, [codec]);
  return {
    codec,
    payloadType: chosen?.codec.payloadType ?? 0,
    telephoneEvent: remote.telephoneEvent?.payloadType,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteRtcpPort: remote.rtcpPort,
    sending: sends(direction) && remote.address !== '0.0.0.0',
    receiving: receives(direction),
  };
}
