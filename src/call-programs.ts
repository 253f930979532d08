import type { Clock } from './lib';
import type { Call, CallStore } from './calls';
import { type Account, type InterpreterPorts, runProgram, StatusReporter } from './interpreter';
import type { Logger } from './platform/telemetry';
import type { ProgramRunner } from './signaling';
import type { Application } from './tenancy';

export interface CallProgramsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Pick<CallStore, 'close'>;
  readonly ports: () => InterpreterPorts;
  /** Longest call, in seconds. */
  readonly callDurationSeconds: number;
  /** Nothing of the call is kept any more. */
  readonly forget: (accountSid: string, callSid: string) => void;
}

/** The programs that run for calls of this gateway, from the call's beginning, or from its takeover, until nothing is left to be done. */
export class CallPrograms implements ProgramRunner {
  readonly #options: CallProgramsOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #calls = new Map<string, Call>();

  constructor(options: CallProgramsOptions) {
    this.#options = options;
  }

  /** Whether something is left to be done for the call. */
  has(callSid: string): boolean {
    return this.#calls.has(callSid);
  }

  /** Those of which something is left to be done: also some that have ended. */
  get calls(): Iterable<Call> {
    return this.#calls.values();
  }

  /** Settles when all that run now are over. */
  get over(): Promise<unknown> {
    return Promise.all(this.#running);
  }

  run(call: Call, account: Account, application: Application): void {
    const running = this.#run(call, account, application);
    this.#running.add(running);
    this.#calls.set(call.sid, call);
    void running.finally(() => {
      this.#running.delete(running);
      this.#calls.delete(call.sid);
    });
  }

  async #run(call: Call, account: Account, application: Application): Promise<void> {
    const { clock, store, callDurationSeconds, forget } = this.#options;
    const log = this.#options.log.child({ callSid: call.sid, accountSid: account.sid });
    const ports = this.#options.ports();
    log.info({ from: call.identity.from, to: call.identity.to, epoch: call.epoch }, call.epoch > 1 ? 'call taken over' : 'call received');
    const longest = clock.after(Math.max(0, call.createdAt + callDurationSeconds * 1_000 - clock.now()), () => call.end('time-limit'));
    call.onEnd((status) => {
      longest.cancel();
      log.info({ status, reason: call.endReason }, 'call ended');
    });
    const { statusCallback, statusCallbackMethod, voiceFallbackUrl, voiceFallbackMethod } = application;
    const reporter = statusCallback
      ? new StatusReporter(ports, account, call, { url: statusCallback, method: statusCallbackMethod }, new Set(['completed']))
      : undefined;
    reporter?.start();
    const fallback = voiceFallbackUrl === undefined ? {} : { fallback: { url: voiceFallbackUrl, method: voiceFallbackMethod } };
    try {
      await runProgram(call, { account, entry: { url: application.voiceUrl, method: application.voiceMethod }, ...fallback }, ports);
    } catch (error) {
      log.error({ err: error }, 'the program failed');
      call.end('internal-error');
    }
    await Promise.all([call.released, reporter?.delivered]);
    // Only now: whoever takes this gateway's calls over has to deal with everything that it did not finish.
    await store.close(call);
    forget(account.sid, call.sid);
  }
}
