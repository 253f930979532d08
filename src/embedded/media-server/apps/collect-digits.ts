import { deferred, type Timer } from '../../../lib';
import type { Application, AppRun } from '../channel/app-runner';
import type { Channel } from '../channel/channel';
import { playSound } from './play-sound';

interface CollectPlan {
  readonly min: number;
  readonly max: number;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly terminators: string;
  readonly file: string;
  readonly invalidFile: string;
  readonly variable: string;
  readonly pattern: RegExp;
  readonly digitTimeoutMs: number;
}

/** `min max tries timeout terminators file invalid_file variable regexp [digit_timeout]`, separated by spaces. */
function planOf(argument: string): CollectPlan | undefined {
  const [min, max, tries, timeout, terminators, ...rest] = argument.split(' ');
  const [file, invalidFile, variable, regexp, digitTimeout] = rest;
  if (file === undefined || regexp === undefined) return undefined;
  return {
    min: Number(min), max: Number(max), tries: Math.max(1, Number(tries)), timeoutMs: Number(timeout),
    terminators: terminators === 'none' ? '' : (terminators ?? ''), file, invalidFile: invalidFile ?? '',
    variable: variable ?? 'digits', pattern: new RegExp(`^(?:${regexp})$`),
    digitTimeoutMs: Number(digitTimeout ?? timeout),
  };
}

interface Collected {
  readonly digits: string;
  /** Empty when no terminator ended the try. */
  readonly terminator: string;
}

/**
 * One try: the prompt plays until the first key; ends at `max` keys, a terminator, or a timeout after prompt or key.
 */
async function collectOnce(channel: Channel, run: AppRun, plan: CollectPlan): Promise<Collected> {
  const { clock } = channel.around;
  const full = deferred<void>();
  let digits = '';
  let terminator = '';
  let timer: Timer | undefined;
  let stopPrompt: (() => void) | undefined;
  const wait = (ms: number): void => {
    timer?.cancel();
    timer = clock.after(ms, () => full.resolve());
  };
  const take = (digit: string): void => {
    stopPrompt?.();
    if (plan.terminators.includes(digit)) {
      terminator = digit;
      full.resolve();
      return;
    }
    digits += digit;
    if (digits.length >= plan.max) full.resolve();
    else wait(plan.digitTimeoutMs);
  };
  const prompt: AppRun = {
    argument: run.argument,
    level: run.level,
    get interrupted() {
      return run.interrupted;
    },
    onInterrupt: (listener) => {
      stopPrompt = () => listener('break');
      if (digits !== '' || terminator !== '' || run.interrupted) stopPrompt();
    },
    onDigit: (listener) => run.onDigit(listener),
    resume: () => run.resume(),
  };
  run.onDigit(take);
  run.onInterrupt(() => {
    stopPrompt?.();
    full.resolve();
  });
  for (const digit of channel.takeDigits()) take(digit);
  await playSound(channel, prompt, plan.file);
  channel.takeDigits(); // what came meanwhile was heard here
  if (digits === '' && terminator === '') wait(plan.timeoutMs);
  await full.promise;
  timer?.cancel();
  return { digits, terminator };
}

/** `play_and_get_digits`: sets the variable, or `<variable>_invalid` with what did not match. */
export const playAndGetDigits = (channel: Channel): Application => async (run) => {
  const plan = planOf(run.argument);
  if (!plan) return '-ERR';
  for (let attempt = 0; attempt < plan.tries && !run.interrupted; attempt += 1) {
    const { digits, terminator } = await collectOnce(channel, run, plan);
    channel.variables.set('read_terminator_used', terminator);
    if (digits.length >= plan.min && plan.pattern.test(digits)) {
      channel.variables.set(plan.variable, digits);
      return 'success';
    }
    channel.variables.set(`${plan.variable}_invalid`, digits);
    if (!run.interrupted && plan.invalidFile !== '') await playSound(channel, run, plan.invalidFile);
  }
  return 'failure';
};
