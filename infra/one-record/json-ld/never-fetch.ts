/** In the place of jsonld's HTTP client, in the bundle: a document never makes this server fetch anything. */
export const httpClient = {
  get: (): Promise<never> => Promise.reject(new Error('remote contexts are never fetched')),
}
