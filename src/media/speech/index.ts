export { FliteProvider, type FliteOptions } from './flite-provider';
export { chooseFliteVoice, type FliteVoice } from './flite-voices';
export { Speech, type SpeechOptions, type SpeechRequest, type SpokenFile } from './speech';
export type { SpeechProvider, SynthesisRequest, VoiceChoice } from './speech-provider';
