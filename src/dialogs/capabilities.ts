/** What we tell far ends of ourselves, in answers to OPTIONS and in refusals (RFC 3261 sections 8.2 and 11.2). */

/** Methods that we take, in or outside a dialog. */
export const ALLOWED_METHODS = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER';
/**
 * Option tags: reliable provisional responses and session timers are the SIP server's work (contracts/drachtio section 5),
 * User-to-User reaches the application (RFC 7433).
 */
export const SUPPORTED_EXTENSIONS = '100rel, timer, uui';
export const ACCEPTED_BODIES = 'application/sdp, multipart/mixed, multipart/alternative, multipart/related';

/** Headers of the answer to OPTIONS: what an INVITE from the same far end could use. */
export const CAPABILITIES: Readonly<Record<string, string>> = Object.freeze({
  Allow: ALLOWED_METHODS, Accept: ACCEPTED_BODIES, 'Accept-Encoding': 'identity', Supported: SUPPORTED_EXTENSIONS,
});
