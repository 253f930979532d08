/** The dialog id of drachtio: Call-ID and From tag of the INVITE, so it is the same text whichever side we are. */
export function drachtioDialogId(callId: string, inviteFromTag: string): string {
  return `${callId};from-tag=${inviteFromTag}`;
}
