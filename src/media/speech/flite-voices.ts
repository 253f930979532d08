import type { VoiceChoice } from './speech-provider';

/** Voices of the flite build: slt (US, woman), rms (US, man), awb (Scottish, man), kal16 (US, man, robotic). */
const FLITE_VOICES = ['slt', 'rms', 'awb', 'kal16'] as const;
export type FliteVoice = (typeof FLITE_VOICES)[number];

/** Men among Amazon's English voices, whose names documents carry as `Polly.Name` (also with -Neural, -Generative). */
const POLLY_MEN: ReadonlySet<string> = new Set([
  'arthur', 'brian', 'gregory', 'joey', 'justin', 'kevin', 'matthew', 'patrick', 'russell', 'stephen', 'geraint',
]);

function isMan(voice: string): boolean {
  if (voice === 'man') return true;
  const polly = /^polly\.([a-z]+)/.exec(voice)?.[1];
  return polly !== undefined && POLLY_MEN.has(polly);
}

/** `Google.fr-FR-Wavenet-A` names its language itself, which then counts more than the attribute. */
const languageOf = (voice: string, language: string): string =>
  /^google\.([a-z]{2,3}-[a-z]{2})/.exec(voice)?.[1] ?? language;

/**
 * flite speaks English only. Any other language falls back to `defaultVoice`.
 * @param voice `man`, `woman`, `alice`, `Polly.*`, `Google.*` or one of flite's own names; default `woman`
 * @param language BCP 47, default `en-US`
 */
export function chooseFliteVoice(
  voice: string | undefined, language: string | undefined, defaultVoice: FliteVoice,
): VoiceChoice & { readonly voice: FliteVoice } {
  const asked = (voice ?? '').toLowerCase();
  const spoken = languageOf(asked, (language || 'en-US').toLowerCase());
  if (!/^en(-|$)/.test(spoken)) return { voice: defaultVoice, fellBack: true };
  const own = FLITE_VOICES.find((name) => name === asked);
  if (own !== undefined) return { voice: own, fellBack: false };
  if (isMan(asked)) return { voice: spoken === 'en-gb' ? 'awb' : 'rms', fellBack: false };
  return { voice: asked === '' ? defaultVoice : 'slt', fellBack: false };
}
