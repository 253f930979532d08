/**
 * Three passes (see `make test`): long corpora of pure computing, one on each core; the many short files; and what measures
 * time, and so runs alone.
 */
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
};
const common = { transform, testEnvironment: 'node', roots: ['<rootDir>/test'] };

const CORPORA = '/test/conformance/(?:injection|egress|twiml)/.*\\.test\\.ts$';

module.exports = {
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'parallel',
      testMatch: ['<rootDir>/test/{unit,redis,contract,conformance,architecture,faults/engine}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', CORPORA],
    },
    { ...common, displayName: 'corpora', testRegex: CORPORA },
    { ...common, displayName: 'serial', testMatch: ['<rootDir>/test/journey/**/*.test.ts', '<rootDir>/test/faults/*.test.ts'] },
  ],
};
