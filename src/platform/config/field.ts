import { isIP } from 'node:net';
import { z } from 'zod';

/** What docs/config.md and error messages say about one key; lives beside its type so that neither can be forgotten. */
export interface FieldNote {
  /** One line: what it is for, or why the default is what it is. */
  readonly why: string;
  /** `ms`, `s`, `bytes`, `calls`, ...; absent for plain text. */
  readonly unit?: string;
  /** The environment variable that overrides the key. */
  readonly env?: string;
  /** Never printed. */
  readonly secret?: true;
  /** Shown instead of the schema's default where the value is worked out at start. */
  readonly computed?: string;
}

const NOTE = 'holdfast';

/** Attaches its note to a schema. */
export function field<T extends z.ZodType>(schema: T, note: FieldNote): T {
  return schema.meta({ [NOTE]: note });
}

export function noteOf(schema: z.ZodType): FieldNote | undefined {
  const meta: Record<string, unknown> | undefined = schema.meta();
  return meta?.[NOTE] as FieldNote | undefined;
}

export const port = (): z.ZodInt => z.int().min(0).max(65_535);
export const fixedPort = (): z.ZodInt => z.int().min(1).max(65_535);
export const count = (): z.ZodInt => z.int().min(1);
export const ip = (): z.ZodType<string> =>
  z.string().refine((text) => isIP(text) !== 0, 'must be an IP address, not a name');
export const host = (): z.ZodString =>
  z.string().regex(/^[A-Za-z0-9_.:[\]-]+$/, 'must be a host name or an IP address, without scheme, port or spaces');
