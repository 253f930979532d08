import type { Interruption } from '../calls';
import { interruptionOf } from '../calls';
import type { PlayOutcome } from '../media';
import { resolveUrl } from './resolve-url';
import type { VerbContext } from './verb-context';

export interface SpokenText {
  readonly text: string;
  readonly voice: string;
  readonly language: string;
  /** 0 means until the call ends. */
  readonly loop: number;
}

/** `<Play loop="0">` ends here at the latest (contracts/twilio 5.2: practical cap 1000). */
const MAX_LOOPS = 1_000;

/** Speaks a text over the layers of the call's media; resolves when it ended or `signal` cut it. */
export async function say(context: VerbContext, spoken: SpokenText, signal = context.signal): Promise<void> {
  if (spoken.text.trim() === '') return;
  const { text, voice, language } = spoken;
  // Synthesis and the answer of the call need each other's result only at the end.
  const [file] = await Promise.all([context.ports.speech.fileFor({ text, voice, language }), context.media()]);
  if (file.fellBack) {
    context.alert({ code: 13511, message: `no voice for "${voice}" in ${language}: the default voice is used` });
  }
  await playLoops(context, file.path, spoken.loop, signal);
}

/** Plays a URL over the layers; audio that cannot be had is an alert and the program goes on. */
export async function playUrl(context: VerbContext, url: string, loop: number, signal = context.signal): Promise<void> {
  const resolved = resolveUrl(context, url);
  if (!resolved) return;
  const [audio] = await Promise.all([
    context.ports.audio.fetch({ account: context.account, url: resolved, signal }),
    context.media(),
  ]);
  if (signal.aborted) return;
  if (audio.outcome === 'failed') {
    context.alert({ code: audio.code, message: audio.message, url: resolved });
    return;
  }
  await playLoops(context, audio.path, loop, signal);
}

/** Plays a file of ours once or several times. */
export async function playLoops(context: VerbContext, path: string, loop: number, signal = context.signal): Promise<PlayOutcome> {
  const endpoint = await context.media();
  const times = loop === 0 ? MAX_LOOPS : Math.min(loop, MAX_LOOPS);
  let outcome: PlayOutcome = 'finished';
  for (let round = 0; round < times && outcome === 'finished' && !signal.aborted; round += 1) {
    outcome = await endpoint.play(path, signal);
  }
  if (outcome === 'failed') context.ports.report(context.call, `the media server could not play ${path}`);
  return outcome;
}

/** Waits; resolves early when the signal is aborted. */
export function pause(context: VerbContext, ms: number, signal = context.signal): Promise<Interruption | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(interruptionOf(signal));
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve(interruptionOf(signal));
    };
    const timer = context.ports.clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
