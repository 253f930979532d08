/** Hang-up causes by name (ITU-T Q.850 numbers where there is one) and the SIP status FreeSWITCH tells with them. */
const CAUSES: Readonly<Record<string, number>> = Object.freeze({
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_DESTINATION: 3,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  CALL_REJECTED: 21,
  DESTINATION_OUT_OF_ORDER: 27,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_TEMPORARY_FAILURE: 41,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  INTERWORKING: 127,
  ORIGINATOR_CANCEL: 487,
  MANAGER_REQUEST: 503,
  SYSTEM_SHUTDOWN: 501,
  ALLOTTED_TIMEOUT: 602,
  MEDIA_TIMEOUT: 604,
});

/** A cause as FreeSWITCH reads it from text: a name or a number; what it does not know is NORMAL_CLEARING. */
export function causeOf(text: string): string {
  const wanted = text.trim().toUpperCase();
  if (wanted in CAUSES) return wanted;
  return Object.keys(CAUSES).find((name) => String(CAUSES[name]) === wanted) ?? 'NORMAL_CLEARING';
}

/** Value of the Reason header of our BYE (RFC 3326). */
export const reasonHeader = (cause: string): string => `Q.850;cause=${CAUSES[cause] ?? 16};text="${cause}"`;
