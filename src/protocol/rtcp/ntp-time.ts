/** Seconds from 1900 to 1970 (RFC 5905 section 6). */
const EPOCH_OFFSET_S = 2_208_988_800;

/** 64-bit NTP time in two halves. */
export interface NtpTime {
  readonly seconds: number;
  readonly fraction: number;
}

export function ntpOf(epochMs: number): NtpTime {
  const seconds = Math.floor(epochMs / 1_000);
  const fraction = Math.floor(((epochMs / 1_000 - seconds) * 2 ** 32));
  return { seconds: (seconds + EPOCH_OFFSET_S) >>> 0, fraction: fraction >>> 0 };
}

/** The middle 32 bits: units of 1/65536 s, which reports count in (RFC 3550 section 6.4.1). */
export const ntpMiddle = ({ seconds, fraction }: NtpTime): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
