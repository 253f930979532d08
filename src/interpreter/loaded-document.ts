import type { DocumentText } from '../calls';
import type { TwimlDocument } from '../twiml';

/** What a document request brought: verbs, or audio (a file of ours) that is to be played instead. */
export interface LoadedDocument {
  readonly document: TwimlDocument;
  readonly audioPath?: string;
  /** How long the audio is, when that is known. */
  readonly audioMs?: number | undefined;
  readonly url: string;
  /** As it came: what a program runs is kept for whoever may have to carry on with it. */
  readonly text?: DocumentText;
}
