import { type AlertCode, messageOf, pause as pauseFor } from '../lib';
import { type Interruption, interruptionOf } from '../calls';
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

/** A file of ours. */
export interface Sound {
  readonly path: string;
  readonly durationMs?: number | undefined;
}

/** `<Play loop="0">` ends here at the latest (contracts/twilio 5.2: practical cap 1000). */
const MAX_LOOPS = 1_000;

/** Speaks a text over the layers of the call's media; resolves when it ended or `signal` cut it. */
export async function say(context: VerbContext, spoken: SpokenText, signal = context.signal): Promise<void> {
  if (spoken.text.trim() === '') return;
  const { text, voice, language } = spoken;
  // Synthesis and the answer of the call need each other's result only at the end.
  const [file] = await Promise.all([speechFile(context, { text, voice, language }), context.media()]);
  if (!file) return;
  if (file.fellBack) {
    context.alert({ code: 13511, message: `no voice for "${voice}" in ${language}: the default voice is used` });
  }
  await playLoops(context, file, spoken.loop, signal);
}

/** Text that cannot be spoken is an alert and the program goes on, as with audio that cannot be had. */
async function speechFile(
  context: VerbContext,
  spoken: { text: string; voice: string; language: string },
): Promise<(Sound & { fellBack: boolean }) | undefined> {
  try {
    return await context.ports.speech.fileFor(spoken);
  } catch (error) {
    context.alert({ code: 13520, message: `the text could not be spoken: ${messageOf(error)}` });
    return undefined;
  }
}

/** Plays a URL over the layers; audio that cannot be had is an alert and the program goes on. */
export async function playUrl(
  context: VerbContext,
  url: string,
  loop: number,
  signal = context.signal,
  /** What of it is no audio is raised as: a prompt has a code of its own. */
  contentCode: AlertCode = 13420,
): Promise<void> {
  const resolved = resolveUrl(context, url);
  if (!resolved) return;
  const [sound] = await Promise.all([fetchAudio(context, resolved, signal, contentCode), context.media()]);
  if (sound) await playLoops(context, sound, loop, signal);
}

async function fetchAudio(context: VerbContext, url: string, signal: AbortSignal, contentCode: AlertCode): Promise<Sound | undefined> {
  const { account, ports } = context;
  const { sid: accountSid, authToken } = account;
  const answer = await ports.webhooks.request({ accountSid, authToken, url, method: 'GET', kind: 'media', callSid: context.call.sid, signal });
  if (answer.outcome === 'aborted') return undefined;
  const { body, contentType } = answer.outcome === 'response' ? answer : { body: Buffer.alloc(0), contentType: '' };
  const audio = answer.outcome === 'failed' ? answer : await ports.audio.keep({ accountSid, body, contentType });
  if (audio.outcome === 'file') return audio;
  context.alert({ code: audio.code === 13420 ? contentCode : audio.code, message: audio.message, url });
  return undefined;
}

/** Plays a file of ours once or several times. */
export async function playLoops(context: VerbContext, sound: Sound, loop: number, signal = context.signal): Promise<PlayOutcome> {
  const { path, durationMs } = sound;
  const endpoint = await context.media();
  const times = loop === 0 ? MAX_LOOPS : Math.min(loop, MAX_LOOPS);
  if (durationMs !== undefined) context.endsIn?.(durationMs * times);
  let outcome: PlayOutcome = 'finished';
  for (let round = 0; round < times && outcome === 'finished' && !signal.aborted; round += 1) {
    outcome = await endpoint.play(path, signal);
  }
  if (outcome === 'failed') context.ports.report(context.call, `the media server could not play ${path}`);
  return outcome;
}

/** Waits; resolves early when the signal is aborted. */
export async function pause(context: VerbContext, ms: number, signal = context.signal): Promise<Interruption | undefined> {
  await pauseFor(context.ports.clock, ms, signal);
  return interruptionOf(signal);
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
