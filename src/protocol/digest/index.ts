export { type DigestChallenge, formatDigestChallenge } from './challenge';
export { type DigestCredentials, parseDigestCredentials } from './credentials';
export {
  credentialsMatch, type DigestAlgorithm, digestAlgorithms, digestHa1, digestResponse, type DigestUse,
} from './digest-response';
