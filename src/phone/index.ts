export {
  type AudioSource, loopSource, openSource, type PlaySpec, readWavSamples, silenceSource, toneSource, type ToneSpec,
} from './audio-source';
export { CallAudio, type CallAudioOptions, epochOf, type ReceivedDigit, SILENCE_RMS } from './call-audio';
export { type CallRequest, readCallRequest } from './call-request';
export { type CallEnding, type CallState, nextCallState } from './call-progress';
export { dominantTone, rms, SAMPLE_RATE, toneShare } from './goertzel';
export { type Answering, IncomingPhoneCall } from './incoming-phone-call';
export { KeyListener } from './key-listener';
export { KeyQueue, type KeySlot } from './key-queue';
export { OutgoingPhoneCall } from './outgoing-phone-call';
export { FRAME_MS, PacingWheel } from './pacing-wheel';
export { type CallOptions, Phone, type PhoneOptions } from './phone';
export { PhoneCall, type PhoneCallEvents } from './phone-call';
export { saveWav } from './save-wav';
export { placeCall, type PlaceCallOptions } from './place-call';
export { type SoundKind, soundKind } from './sound-kind';
export { type Gap, type ReceivedPacket, type StreamBreak } from './stream-continuity';
