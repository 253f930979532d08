const EXPONENT_BIAS = 16_383;
const MANTISSA_BITS = 63;

/** An 80-bit extended float (IEEE 754, the Motorola form in which AIFF keeps its sample rate); NaN when infinite. */
export function readExtendedFloat(bytes: Buffer, at: number): number {
  const head = bytes.readUInt16BE(at);
  const exponent = head & 0x7fff;
  if (exponent === 0x7fff) return Number.NaN;
  const mantissa = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
  const size = mantissa * 2 ** (exponent - EXPONENT_BIAS - MANTISSA_BITS);
  return head & 0x8000 ? -size : size;
}
