/** Two passes: what may run side by side, and what measures time and so runs alone (see `make test`). */
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
};
const common = { transform, testEnvironment: 'node', roots: ['<rootDir>/test'] };

module.exports = {
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'parallel',
      testMatch: ['<rootDir>/test/{unit,redis,contract,conformance,architecture,faults/engine}/**/*.test.ts'],
    },
    { ...common, displayName: 'serial', testMatch: ['<rootDir>/test/journey/**/*.test.ts', '<rootDir>/test/faults/*.test.ts'] },
  ],
};
