import type * as z from 'zod/mini'
import type { Permission } from '../access/port.ts'
import type { Method } from '../http/router.ts'
import type { QueryName } from './query.ts'

/** What examples of bodies are about: base URL of the server, IRI of one of its objects, IRI of another organisation. */
export type Scene = { readonly base: string; readonly object: string; readonly partner: string }
export type Example = (scene: Scene) => unknown

/** JSON-LD of a class: `cargo:Piece`. `types`: the classes that it can have, when those are known. */
export type LinkedDataContent<E extends Example | undefined = Example | undefined> = { readonly kind: 'linked-data'; readonly name: string; readonly types?: readonly string[]; readonly example: E }
/** Plain JSON, or a form, as a schema has it. */
export type PlainContent<S extends z.ZodMiniType = z.ZodMiniType> = { readonly kind: 'json' | 'form'; readonly name: string; readonly schema: S; readonly example?: Example }
/** Bytes of a media type. */
export type BytesContent = { readonly kind: 'bytes'; readonly name: string; readonly example?: (scene: Scene) => { readonly type: string; readonly body: string } }
export type Content = LinkedDataContent | PlainContent | BytesContent

export type HeaderName = 'Location' | 'Type' | 'Revision' | 'Latest-Revision' | 'Last-Modified' | 'ETag' | 'Link' | 'Content-Range' | 'Content-Disposition' | 'Repr-Digest'

/**
 * What one endpoint does. `who`: may ask at all; what an agent may see or do with one object is said by grants. `query`: what may be
 * asked with, `requires`: what must. `status`: the usual success, `or`: another one. `gives`: what its body then is.
 */
export type Declaration = {
  readonly summary: string
  readonly who: 'anybody' | 'agent' | 'holder'
  /** What an agent other than the holder has to be granted on the object. */
  readonly needs?: Permission
  readonly query?: readonly QueryName[]
  readonly requires?: readonly QueryName[]
  readonly sends?: Content
  readonly status: 200 | 201 | 204 | 207
  readonly or?: 200 | 204 | 206
  readonly gives?: Content
  readonly headers?: readonly HeaderName[]
}

/** By method and path: `GET /logistics-objects/{id}`. */
export type Declarations = Readonly<Record<`${Method} /${string}`, Declaration>>

export const linkedData = <const N extends string>(name: N, ...types: readonly string[]) => ({ kind: 'linked-data' as const, name, types, example: undefined })
export const linkedDataLike = (name: string, example: Example) => ({ kind: 'linked-data' as const, name, example })
export const json = <S extends z.ZodMiniType>(schema: S, example?: Example) => ({ kind: 'json' as const, name: 'application/json', schema, ...(example ? { example } : {}) })
export const form = <S extends z.ZodMiniType>(schema: S, example: Example) => ({ kind: 'form' as const, name: 'application/x-www-form-urlencoded', schema, example })
export const bytes = (name: string, example?: NonNullable<BytesContent['example']>) => ({ kind: 'bytes' as const, name, ...(example ? { example } : {}) })
