export { ALLOWED_METHODS, SUPPORTED_EXTENSIONS } from './capabilities';
export { DrachtioConnection, type DrachtioOptions } from './drachtio-connection';
export { IncomingInvite } from './incoming-invite';
export type { InviteBody } from './invite-body';
export { type InviteOutcome, OutgoingInvite, type OutgoingInviteRequest } from './outgoing-invite';
export { type ReinviteOutcome, SipDialog } from './sip-dialog';
