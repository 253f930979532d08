export { type Clock, type Timer, systemClock } from './clock';
export { type Deferred, deferred } from './deferred';
export { type AlertCode, alertCodes, type AlertMeaning } from './alert-codes';
export { type ErrorCode, errorCodes, type ErrorMeaning } from './error-codes';
export { type ErrorFacts, GatewayError, messageOf } from './gateway-error';
export { errorsReference } from './errors-reference';
export { isSid, newSid, newToken, newUuid, type SidPrefix } from './ids';
export { TypedEmitter } from './typed-emitter';
