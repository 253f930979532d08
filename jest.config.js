/**
 * Four passes (see scripts/test.mjs): long corpora of pure computing, the many short files, journeys, and those journeys that
 * measure silences of a few frames, which whatever runs beside them would disturb.
 */
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
};
const common = { transform, testEnvironment: 'node', roots: ['<rootDir>/test'] };

const CORPORA = '/test/(?:conformance/(?:injection|egress|twiml)/.*|redis/queueing/interleavings|faults/engine/.*)\\.test\\.ts$';
const TIMED = '/test/journey/(?:phone/.*|wait-and-be-answered|wait-states|redis-faults|gateway-death|sip-server-death|rolling-upgrade|local/one-command)\\.test\\.ts$';

module.exports = {
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'parallel',
      testMatch: ['<rootDir>/test/{unit,redis,contract,conformance,architecture}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', CORPORA],
    },
    { ...common, displayName: 'corpora', testRegex: CORPORA },
    {
      ...common,
      displayName: 'journeys',
      testMatch: ['<rootDir>/test/journey/**/*.test.ts', '<rootDir>/test/faults/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', TIMED],
    },
    { ...common, displayName: 'timed', testRegex: TIMED },
  ],
};
