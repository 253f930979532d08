import { type AttributeTable } from './attribute-table';
import { type Findings } from './findings';
import { type XmlElement } from './xml/xml-element';

/** A verb or noun: what it may contain, for the reader and for docs/verbs.md. */
export interface ElementSpec<Value extends { readonly name: string }, Attributes extends object> {
  readonly name: Value['name'];
  readonly attributes: AttributeTable<Attributes>;
  /** Attributes TwiML has and this gateway does not execute: ignored with a warning that says so. */
  readonly notYetAttributes: readonly string[];
  /** Elements executed inside this one. */
  readonly children: readonly string[];
  /** What the element's text is. */
  readonly body: string;
  /** The value of an element; undefined (with a warning) when there is nothing in it to execute. */
  readonly read: (element: XmlElement, findings: Findings) => Value | undefined;
}
