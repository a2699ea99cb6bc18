/** Bases by name: pinned to a version; the same names where `infra/images/bases` makes them. */
export const BASES = { node: 'node:24.21.0-bookworm-slim', haproxy: 'haproxy:2.6.12-bookworm' } as const
