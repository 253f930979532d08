/**
 * The error dictionary's code for a failed request (contracts/twilio section 13): 11210 host name, 11205 connection,
 * 11220/11237 TLS, 11206 broken HTTP, 11750 too large, 11200 everything else (time-outs, bad status).
 */
export function failureCode(error: unknown): number {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') return 11210;
  if (CONNECTION.has(code)) return 11205;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 11750;
  if (code.startsWith('HPE_') || code === 'UND_ERR_RESPONSE') return 11206;
  if (CERTIFICATE.has(code)) return 11237;
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code === 'EPROTO') return 11220;
  return 11200;
}

/** Failures before the request could have reached the application: trying again cannot run anything twice. */
export const neverArrived = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH';
};

const CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_SOCKET',
]);

const CERTIFICATE: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
