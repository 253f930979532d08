export { AdoptedLeg } from './adopted-leg';
export { type InboundParts, receiveInvite, type RefusalReason } from './inbound-invite';
export { InsidePair, type InsideSide } from './inside-leg';
export { LegDialer, type TargetRefusal } from './leg-dialer';
export { type Destination, OutboundDestinations } from './outbound-destination';
export { callerIdHeader, requestUriOf, tenantHeaders } from './outbound-request';
export type { ProgramRunner } from './program-runner';
export { admitSource, SourceRate, type SourceRateOptions } from './source-rate';
