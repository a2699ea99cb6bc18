import { z } from 'zod'
import type { Contract, HandlersOf, RouteContract } from './contract.ts'
import type { FunctionHandler } from './handler.ts'
import { parseBody, parseInput } from './input.ts'
import { requireOperator } from './operator.ts'
import { prepared, router, type HttpReply, type HttpRequest, type Prepared } from './router.ts'

type Operated = { readonly settings: { readonly operatorToken: string } }
type Needs<C extends Contract> = C['security'] extends 'operator' ? Operated : C['security'] extends 'none' ? unknown : never

/** A function that keeps a contract, and can show it. */
export type ContractedHandler<C extends Contract = Contract> = FunctionHandler & { readonly contract: C }

/**
 * The handler of a function that answers people as its contract says: parameters, query and body are parsed with the contract's
 * schemas before a handler sees them, and the token is asked for where the contract says so. Errors as `router`.
 * @throws Error when contract and handlers do not name the same routes, or a parameter of a path is not declared
 */
export const api = <P, const C extends Contract>(contract: C, handlers: HandlersOf<C, NoInfer<P>>, platform: () => Promise<P & Needs<C>>): ContractedHandler<C> => {
  const problem = problemOf(contract, Object.keys(handlers))
  if (problem !== null) throw new Error(`The contract of ${contract.name}: ${problem}`)
  const routes = Object.entries(contract.routes).map(([route, declared]) => [route, parsing(contract, declared, handlers[route] as unknown as AnyHandle<P>)])
  const handler = router(Object.fromEntries(routes) as Readonly<Record<'GET /', Prepared<P>>>, platform, {
    authorize: (event, ready) => (contract.security === 'operator' ? requireOperator(event, (ready as Operated).settings.operatorToken) : undefined),
  })
  return Object.assign(handler, { contract })
}

type AnyHandle<P> = (request: HttpRequest<unknown, unknown, unknown>, platform: P) => HttpReply | Promise<HttpReply>

const NO_QUERY = z.strictObject({})

const parsing = <P>({ params: declared }: Contract, { query: querySchema = NO_QUERY, body: bodySchema }: RouteContract, handle: AnyHandle<P>): Prepared<P> =>
  prepared((event) => {
    const query = parseInput(querySchema, event.query)
    const body = bodySchema && parseBody(bodySchema, event)
    return (request, platform) => {
      const given = Object.entries(request.params as Readonly<Record<string, string>>)
      const params = Object.fromEntries(given.map(([name, value]) => [name, parseInput(z.object({ [name]: declared[name] ?? z.never() }), { [name]: value })[name]]))
      return handle({ ...request, params, query, body }, platform)
    }
  })

const problemOf = ({ routes, params }: Contract, handled: readonly string[]): string | null => {
  const declared = Object.keys(routes)
  const odd = [...declared.filter((route) => !handled.includes(route)), ...handled.filter((route) => !declared.includes(route))]
  if (odd[0] !== undefined) return `${odd[0]} is declared and not handled, or handled and not declared`
  const open = declared.find((route) => routes[route]?.open)
  if (open !== undefined) return `${open} is open, and none here can be`
  const unknown = declared.flatMap((route) => [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name)).find((name) => !Object.hasOwn(params, name))
  return unknown === undefined ? null : `parameter ${unknown} is not declared`
}
