import { type AlertCode } from './alert-codes';
import { type ErrorCode } from './error-codes';

/** What the outside needs to know of a failure, whichever door it leaves by. */
export interface ErrorFacts {
  readonly httpStatus?: number;
  readonly sipStatus?: number;
  /** Code of contracts/twilio section 13, for alerts and `ErrorCode`. */
  readonly twilioCode?: AlertCode;
  readonly cause?: unknown;
}

/** An unexpected failure with a stable code. Expected outcomes (queue full, no such member) are return values instead. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly httpStatus: number | undefined;
  readonly sipStatus: number | undefined;
  readonly twilioCode: AlertCode | undefined;

  constructor(readonly code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, { cause: facts.cause });
    this.httpStatus = facts.httpStatus;
    this.sipStatus = facts.sipStatus;
    this.twilioCode = facts.twilioCode;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
