export { type InboundParts, receiveInvite, type RefusalReason } from './inbound-invite';
export { LegDialer } from './leg-dialer';
export type { ProgramRunner } from './program-runner';
