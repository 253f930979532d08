/**
 * What the relay knows of a dialog:
 *  - `ringing`: its INVITE has no final response, whichever side sent it;
 *  - `confirmed`: answered;
 *  - `over`: it ended while nobody owned it, and is kept so that the adopter hears how.
 * A dialog that ends under an owner is forgotten at once.
 */
export type DialogState = 'ringing' | 'confirmed' | 'over';

/**
 * - `answered`: a 2xx to its INVITE;
 * - `failed`: its INVITE got another final response, was cancelled, or could not be sent;
 * - `ended`: a BYE was answered, or drachtio-server said one by itself, or does not know the dialog (any more).
 */
export type DialogInput = 'answered' | 'failed' | 'ended';

type Row = Readonly<Record<DialogInput, DialogState | 'forgotten'>>;

/** A re-INVITE is an INVITE too: answered or not, it leaves a confirmed dialog as it is (RFC 3261 section 14.1). */
export const DIALOG_TABLE: Readonly<Record<'owned' | 'ownerless', Readonly<Record<DialogState, Row>>>> = Object.freeze({
  owned: Object.freeze({
    ringing: Object.freeze({ answered: 'confirmed', failed: 'forgotten', ended: 'forgotten' }),
    confirmed: Object.freeze({ answered: 'confirmed', failed: 'confirmed', ended: 'forgotten' }),
    over: Object.freeze({ answered: 'forgotten', failed: 'forgotten', ended: 'forgotten' }),
  }),
  ownerless: Object.freeze({
    ringing: Object.freeze({ answered: 'confirmed', failed: 'over', ended: 'over' }),
    confirmed: Object.freeze({ answered: 'confirmed', failed: 'confirmed', ended: 'over' }),
    over: Object.freeze({ answered: 'over', failed: 'over', ended: 'over' }),
  }),
});
