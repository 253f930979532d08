import { newToken } from '../lib';

/**
 * A `traceparent` header (W3C Trace Context, version 00). The trace of a call is the 32 digits of its SID, so that a
 * tenant finds the call from a trace and the trace from a call; every request is a span of its own.
 */
export function traceparent(callSid: string | undefined): string {
  const digits = /^CA([0-9a-f]{32})$/.exec(callSid ?? '')?.[1];
  const trace = digits === undefined || /^0+$/.test(digits) ? hex(16) : digits;
  return `00-${trace}-${hex(8)}-01`;
}

/** Random lower-case hexadecimal, never all zeros (section 3.2.2.3). */
function hex(bytes: number): string {
  for (;;) {
    const digits = newToken(bytes);
    if (!/^0+$/.test(digits)) return digits;
  }
}
