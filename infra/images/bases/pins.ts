/**
 * Every image of others that ours begin with or run beside, by name and pin; Dockerfiles and stack files take them from here. Where
 * they cannot be pulled, `npm run images:bases` makes them under the same names.
 */
export const BASES = {
  /** The version of the package `node` (package.json). */
  node: 'node:24.21.0-bookworm-slim',
  /** The branch with long support that set-up takes from distributions too. */
  haproxy: 'haproxy:2.6-bookworm',
  /** As infra/setup/pins.mjs; so MinIO. */
  nats: 'nats:2.15.2',
  /** Nowhere to be pulled: MinIO publishes no images since October 2025, and its last one lets restricted credentials widen themselves (CVE-2025-62506). */
  minio: 'minio/minio:20260212201848-7aac2a2c5b7c',
  postgres: 'postgres:18',
  registry: 'registry:2',
} as const

export type BaseName = keyof typeof BASES
