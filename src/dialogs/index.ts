export { AdoptedDialog, type AdoptOutcome } from './adopted-dialog';
export { ALLOWED_METHODS, SUPPORTED_EXTENSIONS } from './capabilities';
export { DrachtioConnection, type DrachtioOptions, type Orphan } from './drachtio-connection';
export { glareWaitMs } from './glare';
export { IncomingInvite } from './incoming-invite';
export type { InviteBody } from './invite-body';
export { type InviteOutcome, OutgoingInvite, type OutgoingInviteRequest } from './outgoing-invite';
export { type ReinviteOutcome, SipDialog } from './sip-dialog';
