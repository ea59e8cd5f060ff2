// How the tests run: every `*.test.ts` below `test/`, each file in a process of its own.

import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['test/setup.ts'],
    // Starts a server only when a test file asks for one.
    globalSetup: ['test/services/global-setup.ts'],
    // A machine may be busy with other things; what hangs is found all the same.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
