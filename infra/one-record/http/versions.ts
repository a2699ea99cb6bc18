/** Versions of the API, the highest first. */
export const API_VERSIONS = ['2.3.0', '2.2.0'] as const
export type ApiVersion = (typeof API_VERSIONS)[number]
