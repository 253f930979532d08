import { type Clock, deferred, messageOf, systemClock, type Timer } from '../lib';
import { epochOf } from './call-audio';
import { CallCommentary } from './call-commentary';
import type { CallRequest } from './call-request';
import type { CallEnding } from './call-progress';
import { SAMPLE_RATE } from './goertzel';
import type { OutgoingPhoneCall } from './outgoing-phone-call';
import { Phone } from './phone';
import { probeUdp } from './reachability';
import { saveWav } from './save-wav';

export interface PlaceCallOptions {
  readonly tell: (line: string) => void;
  /** Aborted: hang up properly and finish (Ctrl-C). */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** The first response comes in milliseconds from a server that is there. */
const NO_RESPONSE_MS = 3_000;
/** How long our CANCEL or BYE may stay unanswered. */
const FAREWELL_MS = 1_000;

/**
 * One call from the terminal, told line by line. Returns the exit code: 0 when it was answered, else 1.
 * Throws `phone-wav-unreadable`, `sip-stack-unresolved-target`, `phone-unreachable`, and whatever writing the recording
 * throws.
 */
export async function placeCall(request: CallRequest, options: PlaceCallOptions): Promise<0 | 1> {
  const clock = options.clock ?? systemClock;
  const reach = await probeUdp(request.host, request.port, clock);
  if (reach.outcome === 'refused') {
    options.tell(`nobody answers at ${request.host}:${request.port}: is \`make run\` running?`);
    return 1;
  }
  const firstResponse = deferred<void>();
  const phone = await Phone.start({
    host: reach.localAddress,
    codec: ['PCMU', 'PCMA'],
    drop: ({ direction }) => {
      if (direction === 'in') firstResponse.resolve();
      return false;
    },
  });
  try {
    options.tell(`calling ${request.uri}`);
    const from = request.from === undefined ? {} : { from: request.from };
    const call = await phone.call(request.uri, { ...from, play: request.play });
    return await converse(call, request, { ...options, clock, firstResponse: firstResponse.promise });
  } finally {
    await phone.stop();
  }
}

interface Conversation extends PlaceCallOptions {
  readonly clock: Clock;
  readonly firstResponse: Promise<void>;
}

async function converse(call: OutgoingPhoneCall, request: CallRequest, options: Conversation): Promise<0 | 1> {
  const { tell, clock, signal } = options;
  const sinceStart = (): string => `${Math.round(epochOf(clock) - call.createdAt)} ms`;
  const ended = deferred<CallEnding>();
  const timers: Timer[] = [];
  const hangUp = (): void => {
    void call.hangup();
    // A CANCEL has to wait for a first response (RFC 3261 9.1); a person who wants to go does not.
    const goAnyway = { by: 'us', status: 487, reason: 'no response to wait for' } as const;
    timers.push(clock.after(FAREWELL_MS, () => ended.resolve({ ...goAnyway, at: epochOf(clock) })));
  };
  const impatience = clock.after(NO_RESPONSE_MS, () =>
    tell(`no response from ${request.host}:${request.port} yet: is \`make run\` running there?`));
  timers.push(impatience);
  void options.firstResponse.then(() => impatience.cancel());
  let commentary: CallCommentary | undefined;
  call.once('ended', (ending) => ended.resolve(ending));
  call.on('ringing', (status) => tell(`${status === 183 ? 'progress' : 'ringing'} (${status}) after ${sinceStart()}`));
  call.once('answered', () => {
    tell(`answered in ${sinceStart()}; Ctrl-C hangs up`);
    commentary = new CallCommentary(call.audio, clock, tell);
    if (request.talkMs !== undefined) timers.push(clock.after(request.talkMs, hangUp));
    if (request.digits !== undefined) void pressKeys(call, request.digits, tell);
  });
  signal.addEventListener('abort', hangUp, { once: true });
  if (signal.aborted) hangUp();
  const ending = await ended.promise;
  signal.removeEventListener('abort', hangUp);
  for (const timer of timers) timer.cancel();
  commentary?.stop();
  tell(farewell(call, ending, request));
  if (request.recordTo !== undefined && call.answeredAt !== undefined) {
    const heard = call.audio.timeline();
    await saveWav(request.recordTo, heard);
    tell(`recorded ${(heard.length / SAMPLE_RATE).toFixed(1)} s to ${request.recordTo}`);
  }
  return call.answeredAt === undefined ? 1 : 0;
}

async function pressKeys(call: OutgoingPhoneCall, digits: string, tell: (line: string) => void): Promise<void> {
  try {
    await call.sendDigits(digits);
    tell(`pressed ${digits}`);
  } catch (error) {
    tell(`could not press ${digits}: ${messageOf(error)}`);
  }
}

function farewell(call: OutgoingPhoneCall, { by, status, reason, at }: CallEnding, request: CallRequest): string {
  if (call.answeredAt !== undefined) {
    const talked = ((at - call.answeredAt) / 1000).toFixed(1);
    const whom = { us: 'us', them: 'the far end', network: 'the network' }[by];
    return `ended by ${whom} after ${talked} s${reason === 'BYE' ? '' : ` (${reason})`}`;
  }
  if (by === 'network') {
    return `nobody answers at ${request.host}:${request.port}: is \`make run\` running? (${status} ${reason})`;
  }
  return by === 'us' ? `given up: ${reason}` : `refused: ${status} ${reason}`;
}
