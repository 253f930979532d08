export interface CSeq {
  /** 0 … 2^31-1 (RFC 3261 8.1.1.5). */
  readonly number: number;
  readonly method: string;
}

/** Undefined when malformed or out of range. */
export function parseCSeq(text: string): CSeq | undefined {
  const match = /^\s*(\d{1,10})\s+([A-Za-z0-9\-.!%*_+`'~]+)\s*$/.exec(text);
  const number = Number(match?.[1]);
  const method = match?.[2];
  if (method === undefined || number > 0x7fff_ffff) return undefined;
  return { number, method };
}

export function formatCSeq({ number, method }: CSeq): string {
  return `${number} ${method}`;
}
