export { type DigestChallenge, formatDigestChallenge } from './challenge';
export { type DigestCredentials, parseDigestCredentials } from './credentials';
export { type DigestAlgorithm, digestAlgorithms } from './digest-algorithms';
export { credentialsMatch, digestHa1, digestResponse, type DigestUse } from './digest-response';
