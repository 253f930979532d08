export { AudioLibrary, type AudioLibraryOptions, type KeptAudio } from './audio-library';
