import { newUuid } from '../lib';

/**
 * A `traceparent` header (W3C Trace Context, version 00). The trace of a call is the 32 digits of its SID, so that a
 * tenant finds the call from a trace and the trace from a call; every request is a span of its own.
 */
export function traceparent(callSid: string | undefined): string {
  const digits = /^CA([0-9a-f]{32})$/.exec(callSid ?? '')?.[1];
  const trace = digits === undefined || /^0+$/.test(digits) ? halfOfUuid() + halfOfUuid() : digits;
  return `00-${trace}-${halfOfUuid()}-01`;
}

/** 16 random hexadecimal digits; the variant of the UUID keeps them from being all zeros, which section 3.2.2 forbids. */
function halfOfUuid(): string {
  const uuid = newUuid();
  return uuid.slice(19, 23) + uuid.slice(24);
}
