import { defineConfig } from 'vitest/config'

// One project per kind of test (style: .test.ts pure, .int.test.ts real servers, .e2e.test.ts the whole platform).
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{events,functions,projections,infra}/**/*.test.ts'], exclude: ['**/*.int.test.ts', '**/*.e2e.test.ts', '**/node_modules/**'], testTimeout: 60_000 } },
      { test: { name: 'integration', include: ['{events,functions,projections,infra}/**/*.int.test.ts'], testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2 } },
      { test: { name: 'e2e', include: ['infra/**/*.e2e.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
    ],
    coverage: { provider: 'v8', include: ['events/**/*.ts'], exclude: ['**/*.test.ts'], reporter: ['text', 'json-summary'] },
  },
})
