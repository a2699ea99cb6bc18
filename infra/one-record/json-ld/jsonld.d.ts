/** The part of jsonld 9.0.0 that is used here (it comes without types). */
declare module 'jsonld' {
  type RemoteDocument = { readonly contextUrl?: undefined; readonly documentUrl: string; readonly document: unknown }
  type Options = {
    /** Null: relative IRIs lead nowhere. */
    readonly base?: string | null
    readonly documentLoader?: (url: string) => Promise<RemoteDocument>
    /** Refuses what would be dropped. */
    readonly safe?: boolean
    readonly format?: 'application/n-quads'
    readonly algorithm?: 'RDFC-1.0'
    readonly rdfDirection?: 'i18n-datatype'
  }
  const jsonld: {
    expand(input: unknown, options: Options): Promise<readonly unknown[]>
    toRDF(input: unknown, options: Options): Promise<string>
    canonize(input: unknown, options: Options & { readonly inputFormat?: 'application/n-quads' }): Promise<string>
  }
  export default jsonld
}
