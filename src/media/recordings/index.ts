export {
  type KeptRecording, type RecordingFacts, type RecordingPlace, type RecordingRecord, RecordingShelf, type RecordingShelfOptions,
} from './recording-shelf';
