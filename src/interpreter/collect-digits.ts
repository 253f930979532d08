import { deferred, messageOf, type Timer } from '../lib';
import { Scope } from '../calls';
import type { GatherVerb } from '../twiml';
import { pause, playUrl, say } from './sounds';
import type { VerbContext } from './verb-context';

export interface Collected {
  /** Without the finishing key. */
  readonly digits: string;
  readonly reason: 'finish-key' | 'num-digits' | 'timeout' | 'interrupted';
}

/** Listens while the prompts play and then until a finishing key, enough digits, or silence of `timeout` seconds. */
export async function collectDigits(verb: GatherVerb, context: VerbContext): Promise<Collected> {
  const endpoint = await context.media();
  const { clock } = context.ports;
  const prompting = new Scope(context.signal);
  const done = deferred<Collected['reason']>();
  let digits = '';
  let silence: Timer | undefined;
  let prompted = false;
  let over = false;

  const listenForSilence = (): void => {
    silence?.cancel();
    silence = clock.after(verb.timeout * 1_000, () => end('timeout'));
  };
  const end = (reason: Collected['reason']): void => {
    over = true;
    done.resolve(reason);
  };
  const onDigit = (digit: string): void => {
    // Keys pressed right behind the last one wanted come before anybody stops listening.
    if (over) return;
    if (verb.bargeIn) prompting.interrupt({ kind: 'digit' });
    if (verb.finishOnKey !== '' && verb.finishOnKey === digit) {
      end('finish-key');
      return;
    }
    digits += digit;
    if (verb.numDigits !== undefined && digits.length >= verb.numDigits) end('num-digits');
    // Prompts that no key stops are heard to their end first.
    else if (verb.bargeIn || prompted) listenForSilence();
  };
  const stopListening = endpoint.on('digit', onDigit);
  const onAbort = (): void => end('interrupted');
  context.signal.addEventListener('abort', onAbort, { once: true });
  if (context.signal.aborted) onAbort();

  const quiet = new Scope(context.signal);
  const prompts = playPrompts(verb, context, prompting.signal)
    .catch((error: unknown) => context.ports.report(context.call, `a prompt of <Gather> failed: ${messageOf(error)}`))
    .then(async () => {
      prompted = true;
      // The silence counts from the end of the prompts, unless digits have started it anew.
      if (!silence && !over) listenForSilence();
      // While nothing is said, a listening Gather is silence over the hold music.
      if (context.role === 'wait' && !quiet.signal.aborted) await endpoint.play('silence_stream://-1', quiet.signal);
    });
  const reason = await done.promise;
  prompting.interrupt({ kind: 'digit' });
  quiet.interrupt({ kind: 'superseded' });
  await prompts;
  silence?.cancel();
  stopListening();
  context.signal.removeEventListener('abort', onAbort);
  prompting.close();
  quiet.close();
  return { digits, reason };
}

async function playPrompts(verb: GatherVerb, context: VerbContext, signal: AbortSignal): Promise<void> {
  for (const prompt of verb.children) {
    if (signal.aborted) return;
    if (prompt.name === 'Say') await say(context, prompt, signal);
    else if (prompt.name === 'Play') await playUrl(context, prompt.url, prompt.loop, signal, 13325);
    else if (context.call.endpoint) await context.call.endpoint.play(`silence_stream://${prompt.length * 1_000}`, signal);
    else await pause(context, prompt.length * 1_000, signal);
  }
}
