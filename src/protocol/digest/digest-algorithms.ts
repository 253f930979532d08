/** Those RFC 8760 section 2.1 names and that are in use, the one to prefer first. */
export const digestAlgorithms = Object.freeze(['SHA-256', 'MD5'] as const);
export type DigestAlgorithm = (typeof digestAlgorithms)[number];
