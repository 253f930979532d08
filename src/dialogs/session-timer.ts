import type { SrfMessage } from './srf-types';

/** RFC 4028 section 4: no shorter interval may be asked for. */
const SHORTEST_SECONDS = 90;

/**
 * What a 2xx says of the session timer that the request asked for (RFC 4028 section 9): taken as asked, the caller
 * refreshes unless it wants us to. drachtio starts the timer by these headers; without them it declines every request
 * that names no refresher, which most do not. Nothing for those who do not know timers, or ask for one that is too short.
 */
export function sessionTimerAnswer(request: Pick<SrfMessage, 'get'>): Record<string, string> {
  const asked = /^\s*(\d{1,9})\s*(?:;|$)/.exec(request.get('Session-Expires') ?? '')?.[1];
  if (asked === undefined || Number(asked) < SHORTEST_SECONDS || !/(?:^|,)\s*timer\s*(?:,|$)/i.test(request.get('Supported') ?? '')) {
    return {};
  }
  const refresher = /;\s*refresher\s*=\s*(uac|uas)/i.exec(request.get('Session-Expires') ?? '')?.[1]?.toLowerCase() ?? 'uac';
  return {
    'Session-Expires': `${asked};refresher=${refresher}`,
    // Only where the caller has to do something (RFC 4028 section 9, table 2).
    ...(refresher === 'uac' ? { Require: 'timer' } : {}),
  };
}
