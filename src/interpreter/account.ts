/** The account that owns the program, with what its requests are signed with. */
export interface Account {
  readonly sid: string;
  readonly authToken: string;
}

/** Whom a noun of `<Dial>` names. */
export type OutboundTarget =
  | { readonly kind: 'number'; readonly number: string }
  | {
      readonly kind: 'sip';
      readonly uri: string;
      readonly username?: string;
      readonly password?: string;
      readonly headers: Readonly<Record<string, string>>;
    };
