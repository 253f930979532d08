export { AnswerRepetition } from './answer-repetition';
export { ClientTransaction, type ClientTransactionEvents } from './client-transaction';
export { inviteClientTable, nonInviteClientTable } from './client-transaction-state';
export { Dialog, type DialogFacts, type RequestParts } from './dialog';
export { type AnswerParts, IncomingCall } from './incoming-call';
export { IncomingReinvite } from './incoming-reinvite';
export { OutgoingCall } from './outgoing-call';
export { ServerTransaction, type ServerTransactionEvents } from './server-transaction';
export { inviteServerTable, nonInviteServerTable } from './server-transaction-state';
export {
  type CallEnd, type CallEvents, outcomeOf, type ReinviteParts, type RequestResult, SipCall,
} from './sip-call';
export { SipStack, type SipStackEvents, type SipStackOptions } from './sip-stack';
export { defaultTiming, type SipTiming } from './timing';
export { nextMove } from './transaction-machine';
export { defaultTcpLimits, type TcpLimits } from './tcp-connection';
export { TcpTransport, type TcpTransportOptions } from './tcp-transport';
export {
  addressOfUri, type DropHook, type PassingMessage, type PeerAddress, type Receive, type Transport,
} from './transport';
export { UdpTransport, type UdpTransportOptions } from './udp-transport';
export { type OutgoingRequest, UserAgent, type UserAgentOptions } from './user-agent';
