import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'runtime/**/*.test.ts',
      'pipeline/**/*.test.ts',
      'server/**/*.test.ts',
      'web-client/**/*.test.ts',
      'bench/**/*.test.ts',
      '.ci/**/*.test.mjs',
      'dev/**/*.test.ts',
      'deploy/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    setupFiles: ['runtime/testing/equal-arrays.ts'],
    pool: 'forks',
    // The default leaves a core idle, which on two is half of them.
    maxWorkers: availableParallelism(),
    reporters: ['default', 'json'],
    outputFile: { json: '.test-reports/unit.json' },
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
