import { z } from 'zod';
import { type FieldNote, noteOf } from './field';
import { configSchema } from './schema';

/** One documented key of the configuration. */
export interface SchemaKey {
  /** `sip.port`; items of lists as `tenancy.accounts[].sid`. */
  readonly path: string;
  readonly note: FieldNote;
  readonly type: string;
  readonly required: boolean;
  /** The default, `undefined` when there is none. */
  readonly fallback: unknown;
}

function typeName(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${String(option)}\``).join(' or ');
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodURL) return 'URL';
  if (schema instanceof z.ZodNumber) return range(schema);
  return 'text';
}

function range(schema: z.ZodNumber): string {
  const { minValue, maxValue } = schema;
  if (maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER) return `whole number from ${String(minValue)}`;
  return `whole number ${String(minValue)} to ${String(maxValue)}`;
}

/** Walks the schema in its written order; every leaf must carry a note: a forgotten one throws, so tests fail. */
export function schemaKeys(schema: z.ZodType = configSchema, path = ''): SchemaKey[] {
  let inner: z.ZodType = schema;
  let note = noteOf(inner);
  let fallback: unknown;
  let required = true;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    required = false;
    if (inner instanceof z.ZodDefault) fallback = inner.def.defaultValue;
    inner = inner.unwrap() as z.ZodType;
    note ??= noteOf(inner);
  }
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([name, child]) =>
      schemaKeys(child as z.ZodType, path === '' ? name : `${path}.${name}`));
  }
  const items = inner instanceof z.ZodArray && inner.element instanceof z.ZodObject
    ? schemaKeys(inner.element, `${path}[]`) : [];
  if (note === undefined) {
    if (items.length > 0) return items;
    throw new TypeError(`config key ${path} has no note: wrap its schema in field(...)`);
  }
  return [{ path, note, type: typeName(inner), required, fallback }, ...items];
}
