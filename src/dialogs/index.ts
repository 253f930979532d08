export { DrachtioConnection, type DrachtioOptions } from './drachtio-connection';
export { IncomingInvite } from './incoming-invite';
export { type InviteOutcome, OutgoingInvite, type OutgoingInviteRequest } from './outgoing-invite';
export { type ReinviteOutcome, SipDialog } from './sip-dialog';
