/**
 * What one message may hold. A UDP datagram cannot be larger; a stream peer could send forever, so TCP needs the same
 * cap.
 */
export const sipLimits = Object.freeze({
  /** Bytes of a whole message. */
  messageBytes: 65_536,
  /** Bytes of start line and headers on a stream, where nothing else bounds them. */
  headBytes: 32_768,
  /** Characters of a header line, unfolded: the longest there is, a signed identity, has about half. */
  headerLineChars: 8_192,
  /** Header lines of one message (folded lines count once). */
  headerLines: 256,
});
