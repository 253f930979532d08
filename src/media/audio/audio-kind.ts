/** Formats that are decoded; `PCMU` and `PCMA` are bytes without any header. */
export type AudioKind = 'wav' | 'aiff' | 'au' | 'mpeg' | 'PCMU' | 'PCMA';

export type AudioRecognition =
  | { readonly outcome: 'kind'; readonly kind: AudioKind }
  | { readonly outcome: 'unknown'; readonly message: string };

const PLAYABLE = 'use WAV, MP3, AIFF or G.711';

const TYPES: Readonly<Record<string, AudioKind>> = Object.freeze({
  'audio/basic': 'PCMU',
  'audio/ulaw': 'PCMU',
  'audio/mulaw': 'PCMU',
  'audio/x-mulaw': 'PCMU',
  'audio/x-ulaw': 'PCMU',
  'audio/pcmu': 'PCMU',
  'audio/alaw': 'PCMA',
  'audio/x-alaw': 'PCMA',
  'audio/pcma': 'PCMA',
  'audio/mpeg': 'mpeg',
  'audio/mp3': 'mpeg',
  'audio/mpeg3': 'mpeg',
  'audio/x-mpeg': 'mpeg',
  'audio/x-mp3': 'mpeg',
});

interface Signature {
  readonly at: number;
  readonly text: string;
  readonly name: string;
}

/** Files that a tenant may well have in mind, told by name instead of "unknown". */
const UNPLAYABLE: readonly Signature[] = [
  { at: 0, text: 'OggS', name: 'an Ogg file' },
  { at: 0, text: 'fLaC', name: 'a FLAC file' },
  { at: 4, text: 'ftyp', name: 'an MP4 or M4A file' },
  { at: 0, text: '#!AMR', name: 'an AMR file' },
  { at: 0, text: '\x1aE\xdf\xa3', name: 'a WebM or Matroska file' },
  { at: 0, text: '0&\xb2u', name: 'a Windows Media file' },
  { at: 0, text: 'RF64', name: 'an RF64 file' },
  { at: 0, text: 'RIFX', name: 'a RIFX file' },
  { at: 0, text: 'RIFF', name: 'a RIFF file that is no WAV' },
  { at: 0, text: '%PDF', name: 'a PDF file' },
  { at: 0, text: 'PK\x03\x04', name: 'a ZIP file' },
  { at: 0, text: '\x1f\x8b', name: 'a compressed file' },
];

/** Bit rates in kbit/s of MPEG-1 and of MPEG-2 and 2.5 by layer (ISO/IEC 11172-3 section 2.4.2.3, 13818-3). */
const BIT_RATES: Readonly<Record<'1' | '2', Readonly<Record<1 | 2 | 3, readonly number[]>>>> = Object.freeze({
  1: {
    1: [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  },
  2: {
    1: [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    3: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  },
});
const SAMPLE_RATES = [44_100, 48_000, 32_000] as const;

/** Bytes of the MPEG audio frame whose header is at `at`; undefined when there is no header. */
function mpegFrameBytes(body: Buffer, at: number): number | undefined {
  if (at + 4 > body.length || body.readUInt16BE(at) >> 5 !== 0x7ff) return undefined;
  const [second, third] = [body.readUInt8(at + 1), body.readUInt8(at + 2)];
  const [version, layerBits] = [(second >> 3) & 3, (second >> 1) & 3];
  if (version === 1 || layerBits === 0) return undefined; // reserved
  const layer = (4 - layerBits) as 1 | 2 | 3;
  const kbits = BIT_RATES[version === 3 ? '1' : '2'][layer][third >> 4] ?? 0;
  const fullRate = SAMPLE_RATES[(third >> 2) & 3];
  if (kbits === 0 || fullRate === undefined) return undefined;
  const rate = version === 3 ? fullRate : fullRate / (version === 2 ? 2 : 4);
  const padding = (third >> 1) & 1;
  if (layer === 1) return (Math.floor((12_000 * kbits) / rate) + padding) * 4;
  return Math.floor(((layer === 3 && version !== 3 ? 72_000 : 144_000) * kbits) / rate) + padding;
}

/** Two frame headers, one frame apart; or one that is the whole file. */
function isMpegStream(body: Buffer): boolean {
  const length = mpegFrameBytes(body, 0);
  if (length === undefined) return false;
  return length >= body.length || mpegFrameBytes(body, length) !== undefined;
}

const isMarkup = (body: Buffer): boolean =>
  /^\s*<(!doctype|html|\?xml|[a-z]+[\s>])/i.test(body.toString('latin1', 0, 256));

function signatureOf(body: Buffer): AudioKind | undefined {
  const head = body.toString('latin1', 0, 4);
  const form = body.toString('latin1', 8, 12);
  if (head === 'RIFF' && form === 'WAVE') return 'wav';
  if (head === 'FORM' && (form === 'AIFF' || form === 'AIFC')) return 'aiff';
  if (head === '.snd') return 'au';
  return head.startsWith('ID3') || isMpegStream(body) ? 'mpeg' : undefined;
}

/** What the bytes are; the header is asked only when they do not say (G.711 is bytes without a mark of any kind). */
export function recogniseAudio(body: Buffer, contentType: string): AudioRecognition {
  if (body.length === 0) return { outcome: 'unknown', message: 'the audio is empty' };
  const kind = signatureOf(body);
  if (kind) return { outcome: 'kind', kind };
  const named = UNPLAYABLE.find(({ at, text }) => body.toString('latin1', at, at + text.length) === text);
  if (named) return { outcome: 'unknown', message: `${named.name} cannot be played: ${PLAYABLE}` };
  if (isMarkup(body)) return { outcome: 'unknown', message: `this is a document, not audio: ${PLAYABLE}` };
  const declared = TYPES[contentType.split(';')[0]?.trim().toLowerCase() ?? ''];
  if (declared) return { outcome: 'kind', kind: declared };
  return { outcome: 'unknown', message: `audio of type "${contentType.slice(0, 80)}" cannot be played: ${PLAYABLE}` };
}
