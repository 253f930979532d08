import { type AlertCode } from '../lib';
import { type AttributeType } from './attribute-types';
import { type Findings, SCHEMA_WARNING, type VerbFault } from './findings';
import { type XmlElement } from './xml/xml-element';

/** One row of contracts/twilio section 5: an attribute, its default, and the code of a value that is refused. */
export interface AttributeSpec<T> {
  readonly type: AttributeType<T>;
  readonly absent: T;
  /** What `absent` means when the value does not say it (`the current document`). */
  readonly absentMeans?: string;
  readonly code: AlertCode;
  /** True where the contract marks the code as an error: the verb gets a fault. */
  readonly isError?: boolean;
}

export type AttributeTable<A> = { readonly [K in keyof A]: AttributeSpec<A[K]> };

/** A row for the tables; `code` defaults to the schema warning. */
export function attribute<T>(
  type: AttributeType<T>,
  absent: NoInfer<T>,
  code: AlertCode = SCHEMA_WARNING,
  more: Pick<AttributeSpec<T>, 'absentMeans' | 'isError'> = {},
): AttributeSpec<T> {
  return { type, absent, code, ...more };
}

/** Attributes of older documents that have a code of their own. */
const LEGACY_CODES: Readonly<Record<string, AlertCode>> = { ifMachine: 13211 };

/** The attributes of an element by a table, defaults filled in; what is wrong goes to `findings`, an error to `fault`. */
export function readAttributes<A extends object>(
  element: XmlElement,
  table: AttributeTable<A>,
  notYet: readonly string[],
  findings: Findings,
): { readonly values: A; readonly fault: VerbFault | undefined } {
  let fault: VerbFault | undefined;
  const readOne = <T>(name: string, spec: AttributeSpec<T>): T => {
    const written = element.attributes.get(name);
    if (written === undefined) return spec.absent;
    const read = spec.type.read(written);
    if (read !== undefined) return read.value;
    const message = `${element.name} ${name}="${shorten(written)}" is not ${spec.type.describes}`;
    findings.warn(element.name, spec.code, message, name);
    if (spec.isError) fault ??= { code: spec.code, message };
    return spec.absent;
  };
  const values: Partial<A> = {};
  for (const name of Object.keys(table) as (keyof A & string)[]) values[name] = readOne(name, table[name]);
  for (const name of element.attributes.keys()) {
    if (Object.hasOwn(table, name)) continue;
    const why = notYet.includes(name) ? 'is not supported by this gateway' : 'is unknown';
    findings.warn(element.name, LEGACY_CODES[name] ?? SCHEMA_WARNING, `${element.name} ${name} ${why} and was ignored`, name);
  }
  return { values: values as A, fault };
}

/** Tenant text in a message: enough to recognise it. */
export const shorten = (value: string): string => (value.length > 80 ? `${value.slice(0, 80)}...` : value);
