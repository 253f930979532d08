/**
 * How long whoever was answered 491 waits before it offers again, in ms (RFC 3261 section 14.1): 2.1 to 4 s when it made the
 * Call-ID of the dialog, that is, placed the call; else 0 to 2 s; both in steps of 10 ms, so that the two do not meet again.
 */
export function glareWaitMs(madeCallId: boolean, random: () => number = Math.random): number {
  return madeCallId ? 2_100 + Math.floor(random() * 191) * 10 : Math.floor(random() * 201) * 10;
}
