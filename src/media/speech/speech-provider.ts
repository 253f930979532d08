import type { PcmAudio } from '../../protocol/wav';

/** One text to speak, already mapped to a voice of the provider. */
export interface SynthesisRequest {
  readonly text: string;
  readonly voice: string;
}

/** What a voice request became. `fellBack`: the language is not there, another one speaks; the account is told. */
export interface VoiceChoice {
  readonly voice: string;
  readonly fellBack: boolean;
}

/** Turns text into sound. Behind it may be a library, a program or a service. */
export interface SpeechProvider {
  /** Part of the cache key: changes whenever the same request would sound different. */
  readonly fingerprint: string;
  /** Maps the `voice` and `language` of a document to a voice of this provider. */
  choose(voice: string | undefined, language: string | undefined): VoiceChoice;
  /** 8 kHz mono. Rejects with GatewayError `media-speech-failed` or `media-speech-timeout`. */
  synthesize(request: SynthesisRequest): Promise<PcmAudio>;
  start(): Promise<void>;
  stop(): Promise<void>;
}
