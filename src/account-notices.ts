import type { Clock } from './lib';
import type { Call, LiveCalls } from './calls';
import { alertFamily } from './fact-metrics';
import type { Alert } from './interpreter';
import type { Logger, Metrics } from './platform/telemetry';
import { type AlertLog, type LimitAlert, type LimitName, type LimitNotice, LimitNotices, type SharedLimitNotice } from './tenancy';
import { withoutSecrets } from './webhooks';

export interface AccountNoticesOptions {
  readonly alerts: AlertLog;
  readonly calls: LiveCalls;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What an account is told of its calls: errors and warnings, and the limits it comes to. */
export class AccountNotices {
  readonly #options: AccountNoticesOptions;
  readonly #limits: LimitNotices;

  constructor(options: AccountNoticesOptions) {
    this.#options = options;
    this.#limits = new LimitNotices(options.clock, (alert) => this.#tellOfLimit(alert));
  }

  stop(): void {
    this.#limits.stop();
  }

  alert(call: Call, alert: Alert): void {
    const { code, message, url, ...evidence } = alert;
    const raised = { code, ...readable({ message, url }) };
    // The timeline names the failure; request and answer are kept with the alert.
    call.state('alert.raised', raised);
    this.#record({ accountSid: call.identity.accountSid, callSid: call.sid, ...raised, ...evidence });
  }

  /** Counted each time, told once a minute. A call that was refused at the door is none yet: nobody else counts it. */
  limitReached(notice: LimitNotice): void {
    this.countLimit(notice.limit, notice.callSid);
    this.#limits.reached(notice);
  }

  /** Told once a minute; the refusal is counted as such. */
  sharedLimitReached(notice: SharedLimitNotice): void {
    this.#limits.reached(notice);
  }

  countLimit(limit: LimitName, callSid: string | undefined): void {
    const call = this.#callOf(callSid);
    if (call) call.state('limit.reached', { limit });
    else this.#options.metrics.increment('holdfast_tenancy_limits_reached_total', { limit });
  }

  #tellOfLimit({ code, accountSid, callSid, ...told }: LimitAlert): void {
    const { log, metrics } = this.#options;
    const call = this.#callOf(callSid);
    const raised = { code, ...readable(told) };
    log.warn({ accountSid, callSid, code }, raised.message);
    call?.state('alert.raised', raised);
    if (!call) metrics.increment('holdfast_tenancy_alerts_total', { family: alertFamily(code) });
    this.#record({ accountSid, ...raised, ...(callSid === undefined ? {} : { callSid }) });
  }

  #callOf(callSid: string | undefined): Call | undefined {
    return callSid === undefined ? undefined : this.#options.calls.find(callSid);
  }

  #record(alert: Parameters<AlertLog['record']>[0]): void {
    const { accountSid, callSid } = alert;
    this.#options.alerts
      .record(alert)
      .catch((error: unknown) => this.#options.log.warn({ err: error, accountSid, callSid }, 'an alert was not recorded'));
  }
}

/** URLs of tenants hold credentials now and then, and messages hold URLs. */
function readable({ message, url }: { readonly message: string; readonly url?: string | undefined }): { message: string; url?: string } {
  return { message: withoutSecrets(message), ...(url === undefined ? {} : { url: withoutSecrets(url) }) };
}
