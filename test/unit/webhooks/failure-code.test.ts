import { failureOf } from '../../../src/webhooks/failure-code';

const thrown = (code: string): Error => Object.assign(new Error(`${code} at 10.0.0.7`), { code });

describe('what TLS threw', () => {
  it.each([
    ['ERR_TLS_CERT_ALTNAME_INVALID', 11235], ['CERT_HAS_EXPIRED', 11236], ['CERT_NOT_YET_VALID', 11236],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 11237], ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 11237],
  ])('%s is %d, and says nothing of our network', (reason, code) => {
    for (const error of [thrown(reason), Object.assign(new TypeError('fetch failed'), { cause: thrown(reason) })]) {
      const failure = failureOf(error);
      expect(failure.code).toBe(code);
      expect(failure.message).not.toContain('10.0.0.7');
    }
  });
});
