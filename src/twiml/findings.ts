import type { AlertCode } from '../lib';

/** Something in a document that was ignored or replaced by its default; becomes an alert, never stops the document. */
export interface TwimlWarning {
  readonly code: AlertCode;
  readonly message: string;
  readonly element: string;
  readonly attribute?: string;
}

/** A finding that makes its verb or noun impossible to execute as written: it ends with `code` instead. */
export interface VerbFault {
  readonly code: AlertCode;
  readonly message: string;
}

/** Schema warning: the code for everything that has none of its own (contracts/twilio section 13). */
export const SCHEMA_WARNING = 12200;

/** Each warning becomes an alert in Redis: a document of 64 kB could hold ten thousand of them. */
const MAX_WARNINGS = 100;

/** Collects what readers find, the first hundred of it. A scope can translate codes: a bad `loop` of Say inside Gather is 13322, not 13510. */
export class Findings {
  readonly warnings: TwimlWarning[] = [];
  #translation: Readonly<Partial<Record<AlertCode, AlertCode>>> = {};

  warn(element: string, code: AlertCode, message: string, attribute?: string): void {
    if (this.warnings.length >= MAX_WARNINGS) return;
    if (this.warnings.length === MAX_WARNINGS - 1) {
      this.warnings.push({ code: SCHEMA_WARNING, message: 'there is more to warn of, which is not listed', element });
      return;
    }
    const translated = this.#translation[code] ?? code;
    this.warnings.push({ code: translated, message, element, ...(attribute === undefined ? {} : { attribute }) });
  }

  /** Runs `read` with warning codes translated by `translation`. */
  within<T>(translation: Readonly<Partial<Record<AlertCode, AlertCode>>>, read: () => T): T {
    const outer = this.#translation;
    this.#translation = translation;
    try {
      return read();
    } finally {
      this.#translation = outer;
    }
  }
}
