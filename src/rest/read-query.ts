import type { z } from 'zod';
import { Refusal } from './refusal';

/** Parameters whose refusal has a code of its own (contracts/twilio 13). */
const CODES: Readonly<Record<string, number>> = { PageToken: 21481 };
const INVALID = 20001;

/** The parameters of a query, or which of them is wrong. Unknown ones are passed over, as Twilio does. */
export function readQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> | Refusal {
  const read = schema.safeParse(query);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const name = String(issue?.path[0] ?? '');
  const code = CODES[name] ?? INVALID;
  return new Refusal(400, code, `Invalid parameter ${name}: ${issue?.message ?? ''}`);
}
