/** Where in its queue a call is, by the engine's identifiers. */
export interface QueuePlace {
  readonly queueSid: string;
  readonly entryId: string;
}

/** A document that is being requested. Whoever asks again sends the same token: it is the same request. */
export interface RequestedDocument {
  /** Absolute. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** Beside the standard ones; a list is sent as a repeated key. */
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
  /** One token for all deliveries of this request. */
  readonly idempotencyToken?: string;
  /** A `<Redirect>` leads there. */
  readonly isRedirect?: true;
  /** Says how something ended, and so is asked once also when the caller has gone meanwhile. */
  readonly saysHowItEnded?: true;
}

/** The verb of a document that runs. */
export interface RunningVerb {
  readonly documentUrl: string;
  readonly documentMethod: 'GET' | 'POST';
  /** The name under which its text is kept, so that nobody has to ask for it again; missing when that failed. */
  readonly document?: string;
  /** From 0, among the document's verbs. */
  readonly verbIndex: number;
  readonly verb: string;
  /** What the verb itself needs to carry on: the wait document being run, who is talked to. Small and serialisable. */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** Where a call's program is, for the gateway that carries on with it. */
export type CallProgress =
  | { readonly step: 'request'; readonly target: RequestedDocument }
  | ({ readonly step: 'verb' } & RunningVerb);
