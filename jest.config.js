// Two projects: `unit` needs nothing but Node; `live` runs against real servers that globalSetup brings up.
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};

export default {
  // Not a measure of speed: the longest that any test may hang before it counts as failed.
  testTimeout: 120_000,
  // Live tests wait more than they compute, so two at a time are faster on two cores, too; more would disturb each other.
  maxWorkers: 2,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.live\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'live',
      testMatch: ['<rootDir>/test/**/*.live.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
