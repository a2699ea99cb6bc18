import type * as z from 'zod/mini'
import type { BytesContent, LinkedDataContent, PlainContent } from '../openapi/declaration.ts'
import type { Declared } from '../openapi/operations.ts'
import type { QUERY, QueryName } from '../openapi/query.ts'

// types only: nothing of the server is loaded with the client

/** `GET /logistics-objects/{id}`: as the server's own table has it. */
export type OperationName = keyof Declared

/** A node of JSON-LD. */
export type LinkedData = { readonly '@context'?: unknown; readonly '@id'?: string; readonly '@type'?: string | readonly string[] } & Readonly<Record<string, unknown>>
/** What is served: compacted, with the prefixes `cargo` and `api`. */
export type Served = { readonly '@id': string; readonly '@type': string | readonly string[] } & Readonly<Record<string, unknown>>

type ParamsOf<R extends string> = R extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamsOf<Rest> : never
/** Which resource: by the variable parts of its path, or by its address, which another answer gave (Location, a link, `next`). */
type Which<R extends string> = [ParamsOf<R>] extends [never] ? { readonly at?: string } : { readonly params: Readonly<Record<ParamsOf<R>, string>> } | { readonly at: string }

type ValueOf<Schema> = Schema extends { readonly enum: readonly (infer Value)[] } ? Value : Schema extends { readonly type: 'integer' } ? number : Schema extends { readonly type: 'boolean' } ? boolean : string
type Values<Names extends QueryName> = { readonly [N in Names]: ValueOf<(typeof QUERY)[N]['schema']> }
type Optional<D> = D extends { readonly query: readonly (infer N extends QueryName)[] } ? Partial<Values<N>> : unknown
type QueryInput<D> = D extends { readonly requires: readonly (infer N extends QueryName)[] } ? { readonly query: Values<N> & Optional<D> } : D extends { readonly query: unknown } ? { readonly query?: Optional<D> } : unknown

type BodyInput<D> = D extends { readonly sends: infer Content }
  ? Content extends LinkedDataContent ? { readonly body: LinkedData | readonly LinkedData[] }
    : Content extends PlainContent<infer S> ? { readonly body: z.input<S> }
      : Content extends BytesContent ? { readonly body: string | Uint8Array<ArrayBuffer>; /** Its media type. */ readonly type: string } : never
  : unknown

/** What an operation is asked with. `headers`: besides those that the client knows of, and before them. */
export type InputOf<R extends OperationName> = Which<R> & QueryInput<Declared[R]> & BodyInput<Declared[R]> & { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal }

type StatusOf<D> = (D extends { readonly status: infer S } ? S : never) | (D extends { readonly or: infer S } ? S : never)
type BodyOf<R, D> = R extends `HEAD ${string}` ? undefined
  : D extends { readonly gives: infer Content }
    ? Content extends LinkedDataContent ? Served : Content extends PlainContent<infer S> ? z.output<S> : Uint8Array
    : undefined

/** What it answers with; names of headers in lower case. */
export type OutputOf<R extends OperationName> = { readonly status: StatusOf<Declared[R]>; readonly headers: Readonly<Record<string, string>>; readonly body: BodyOf<R, Declared[R]> }

type Giving<R extends OperationName> = R extends `HEAD ${string}` ? never : Declared[R] extends { readonly gives: BytesContent } ? R : never
/** Those that give bytes. */
export type GivesBytes = { readonly [R in OperationName]: Giving<R> }[OperationName]
