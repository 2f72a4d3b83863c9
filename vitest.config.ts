import { defineConfig } from 'vitest/config';

/** Packages are tested from their sources: the `source` condition of each `exports` map. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 30_000,
    coverage: {
      include: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
      exclude: ['**/*.{test,bench,fixture}.ts', '**/index.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
});
