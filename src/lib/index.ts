export { type Clock, type Timer, systemClock } from './clock';
export { type Deferred, deferred } from './deferred';
export { type ErrorCode, errorCodes, type ErrorMeaning } from './error-codes';
export { type ErrorFacts, GatewayError, messageOf } from './gateway-error';
export { isSid, newSid, newToken, newUuid, type SidPrefix } from './ids';
export { TypedEmitter } from './typed-emitter';
