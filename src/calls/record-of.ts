import { placeOf } from '../media';
import type { Call } from './call';
import type { CallRecord } from './call-record';

/** The present state of a call and of its legs. */
export function recordOf(call: Call): CallRecord {
  const { sid, identity, status, createdAt, answeredAt, endedAt, endReason, factCount, endpoint, queueEntry, progress } = call;
  const { sipCallId, dialogId, sipServer, toldSdp, ringing, insideWith } = call;
  const media = endpoint && placeOf(endpoint);
  const legs = [...call.legs].map(recordOf);
  return {
    callSid: sid, identity, status, createdAt, factCount,
    ...given({ answeredAt, endedAt, endReason, sipCallId, dialogId, sipServer, toldSdp, media, ringing, insideWith, queueEntry, progress }),
    ...(legs.length > 0 ? { legs } : {}),
  };
}

/** Without what is undefined. */
function given<T extends object>(optional: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
