import type { z } from 'zod'
import type { deploymentsContract } from '../../functions/deployments/contract.ts'
import type { nodesContract } from '../../functions/nodes/contract.ts'
import type { parkedContract } from '../../functions/parked/contract.ts'
import type { subscriptionsContract } from '../../functions/subscriptions/contract.ts'
import type { Contract, RouteContract } from '../functions/contract.ts'
import type { ParamsOf } from '../functions/router.ts'

/** Types only: nothing of a function is loaded with the client. */
type Contracts = {
  readonly deployments: typeof deploymentsContract
  readonly parked: typeof parkedContract
  readonly subscriptions: typeof subscriptionsContract
  readonly nodes: typeof nodesContract
}
export type ApiName = keyof Contracts
/** `GET /:id/history`: as the function declares it. */
export type RouteOf<A extends ApiName> = keyof Contracts[A]['routes'] & string

type Declared<A extends ApiName, R extends RouteOf<A>> = Extract<(Contracts[A] & Contract)['routes'][R], RouteContract>

type Given<Name extends string, T> = undefined extends T ? { readonly [K in Name]?: T } : { readonly [K in Name]: T }
type ParamsInput<R extends string> = unknown extends ParamsOf<R> ? unknown : { readonly params: ParamsOf<R> }
type QueryInput<D> = D extends { readonly query: infer S extends z.ZodType } ? { readonly query?: Partial<z.output<S>> } : unknown
type BodyInput<D> = D extends { readonly body: infer S extends z.ZodType } ? Given<'body', z.input<S>> : unknown
type HeaderInput<D> = D extends { readonly headers: readonly (infer H)[] }
  ? ('If-Match' extends H ? { /** An ETag: refused when it is at another revision. */ readonly ifMatch?: string } : unknown)
    & ('Idempotency-Key' extends H ? { /** Made up for each call when it is left out. */ readonly idempotencyKey?: string } : unknown)
  : unknown

/** What a route is asked with. */
export type InputOf<A extends ApiName, R extends RouteOf<A>> = ParamsInput<R> & QueryInput<Declared<A, R>> & BodyInput<Declared<A, R>> & HeaderInput<Declared<A, R>> & { readonly signal?: AbortSignal }

type Answers<D> = D extends { readonly answers: infer All } ? { readonly [S in keyof All & number]: { readonly status: S; readonly headers: Readonly<Record<string, string>>; readonly body: BodyOf<All[S]> } } : never
type BodyOf<Answer> = Answer extends { readonly body: infer S extends z.ZodType } ? z.output<S> : undefined

/** What a route answers with: one of its statuses, with that status's body. */
export type OutputOf<A extends ApiName, R extends RouteOf<A>> = Answers<Declared<A, R>>[keyof Answers<Declared<A, R>>]
