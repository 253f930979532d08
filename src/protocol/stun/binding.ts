/** RFC 8489 section 5: type, length, magic cookie, transaction id. */
const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const IPV4 = 0x01;

/** A binding request without attributes; `transactionId` is 12 random bytes (RFC 8489 section 6.1). */
export function writeBindingRequest(transactionId: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES - transactionId.length);
  header.writeUInt16BE(BINDING_REQUEST, 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([header, transactionId]);
}

/** The IPv4 address in the answer to our request (RFC 8489 section 14.2); undefined when it is not such an answer. */
export function mappedAddress(message: Buffer, transactionId: Buffer): string | undefined {
  if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== BINDING_SUCCESS) return undefined;
  if (message.readUInt32BE(4) !== MAGIC_COOKIE || !message.subarray(8, HEADER_BYTES).equals(transactionId)) return undefined;
  const end = Math.min(message.length, HEADER_BYTES + message.readUInt16BE(2));
  for (let at = HEADER_BYTES; at + 4 <= end;) {
    const [type, length] = [message.readUInt16BE(at), message.readUInt16BE(at + 2)];
    const value = message.subarray(at + 4, at + 4 + length);
    if (type === XOR_MAPPED_ADDRESS && value.length === 8 && value[1] === IPV4) {
      const address = (value.readUInt32BE(4) ^ MAGIC_COOKIE) >>> 0;
      return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return undefined;
}
