import type { Call } from '../calls';
import type { MediaEndpoint } from '../media';
import type { Verb, verbsAllowedIn } from '../twiml';
import type { Account } from './account';
import type { LoadedDocument } from './loaded-document';
import type { DocumentEnd, DocumentTarget, VerbOutcome } from './outcome';
import type { Alert, InterpreterPorts } from './ports';

/** Where the document runs, which decides what it may do. */
export type DocumentRole = 'program' | keyof typeof verbsAllowedIn;

/** What an executor may use: a frozen record of narrow capabilities. */
export interface VerbContext {
  readonly call: Call;
  readonly account: Account;
  readonly ports: InterpreterPorts;
  readonly role: DocumentRole;
  /** Aborted with an Interruption when the document must stop. */
  readonly signal: AbortSignal;
  /** URL of the document, for relative URLs and for `action` left out. */
  readonly documentUrl: string;
  readonly documentMethod: 'GET' | 'POST';
  /** Under which the program's document is kept. */
  readonly documentName?: string;
  /** Used when a document of this program fails. */
  readonly fallback: DocumentTarget | undefined;
  /** The call's media; answers the call when nobody has yet. */
  readonly media: () => Promise<MediaEndpoint>;
  /** Told in how many milliseconds the document ends, when a sound of known length is its last. */
  readonly endsIn?: ((ms: number) => void) | undefined;
  readonly alert: (alert: Alert) => void;
  /** The verb ran on another gateway before: what is known of how far it came is in the call's queue entry and verb state. */
  readonly resumed?: true;
  /** Runs a document inside this one (wait state, whisper). */
  readonly runDocument: (loaded: LoadedDocument, context: VerbContext) => Promise<DocumentEnd>;
}

export type Executor<V extends Verb> = (verb: V, context: VerbContext) => Promise<VerbOutcome>;
