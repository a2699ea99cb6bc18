import { defineConfig } from 'vitest/config'

// One project per kind of test: .test.ts pure, .int.test.ts real servers, .e2e.test.ts the whole platform, .swarm.test.ts a Swarm of three nodes.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{events,functions,projections,infra}/**/*.test.ts'], exclude: ['**/*.{int,e2e,swarm}.test.ts', '**/node_modules/**'], testTimeout: 60_000 } },
      { test: { name: 'integration', include: ['{events,functions,projections,infra}/**/*.int.test.ts'], testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2 } },
      { test: { name: 'e2e', include: ['infra/**/*.e2e.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
      { test: { name: 'swarm', include: ['{functions,infra}/**/*.swarm.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false, globalSetup: 'infra/testbed/global-setup.ts' } },
    ],
    coverage: { provider: 'v8', include: ['events/**/*.ts'], exclude: ['**/*.test.ts'], reporter: ['text', 'json-summary'] },
  },
})
