'use strict';

const RATE = 8_000;
const BEAT_S = 0.4;
/** C, A minor, F, G: each chord as an arpeggio of eight notes (MIDI numbers; 69 is the A of 440 Hz). */
const CHORDS = [[48, 55, 60, 64], [45, 52, 57, 60], [41, 48, 57, 60], [43, 50, 55, 59]];
const ROUND = [0, 1, 2, 3, 2, 3, 2, 1];

/** A WAV file (8 kHz, 16 bit, mono) of soft arpeggios, `rounds` times 12.8 seconds long. */
function musicWav(rounds = 2) {
  const notes = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const chord of CHORDS) for (const step of ROUND) notes.push(chord[step] + 12);
  }
  const perNote = RATE * BEAT_S;
  const sound = new Float64Array(Math.ceil(notes.length * perNote));
  notes.forEach((note, index) => {
    const frequency = 440 * 2 ** ((note - 69) / 12);
    const from = Math.round(index * perNote);
    for (let i = 0; i < perNote * 3 && from + i < sound.length; i += 1) {
      const t = i / RATE;
      const attack = Math.min(1, t / 0.01);
      sound[from + i] += attack * Math.exp(-3 * t) * Math.sin(2 * Math.PI * frequency * t);
    }
  });
  const wav = Buffer.alloc(44 + sound.length * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + sound.length * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(sound.length * 2, 40);
  sound.forEach((value, index) => wav.writeInt16LE(Math.round(value * 5_000), 44 + index * 2));
  return wav;
}

module.exports = { musicWav };
