/** Where in its queue a call is, by the engine's identifiers. */
export interface QueuePlace {
  readonly queueSid: string;
  readonly entryId: string;
}

/** Where a call's program is: enough to fetch the document again and to carry on at the verb. */
export interface CallProgress {
  readonly documentUrl: string;
  readonly documentMethod: 'GET' | 'POST';
  /** From 0, among the document's verbs. */
  readonly verbIndex: number;
  readonly verb: string;
  /** What the verb itself needs to carry on: the wait document being run, the legs being rung. Small and serialisable. */
  readonly state?: Readonly<Record<string, unknown>>;
}
