export { ALLOWED_METHODS, SUPPORTED_EXTENSIONS } from './capabilities';
export { DrachtioConnection, type DrachtioOptions } from './drachtio-connection';
export { IncomingInvite } from './incoming-invite';
export type { OfferedSession } from './offered-session';
export { type InviteOutcome, OutgoingInvite, type OutgoingInviteRequest } from './outgoing-invite';
export { type ReinviteOutcome, SipDialog } from './sip-dialog';
