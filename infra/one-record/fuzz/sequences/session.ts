import { isTold } from '../told.ts'
import type { Agents } from './agents.ts'
import type { KnownObject, KnownRequest, Model, Who } from './model.ts'
import type { ServerProcess } from './process.ts'
import type { Spoil } from './steps.ts'

/** An answer, and between which moments it was made. */
export type Reply = { readonly status: number; readonly headers: Headers; readonly location: string | null; readonly type: string; readonly body: string; readonly from: number; readonly to: number; readonly told: string }
export type Asked = { readonly who: Who; readonly lie?: number; readonly method?: string; readonly path: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }

/** One sequence on its way: what it knows, and how it asks. */
export type Session = {
  readonly model: Model
  readonly agents: Agents
  readonly server: ServerProcess
  /** As it is sent; resolves to null when it is cut off. */
  send(asked: Asked): Promise<Reply | null>
  /**
   * Asks, and holds the answer against what holds for every answer: no 5xx, 4xx say what is wrong, and what is refused or only read
   * leaves the record as it was.
   */
  ask(asked: Asked): Promise<Reply>
  /** Something was written without `ask`. */
  settled(): void
}

const JSON_LD = 'application/ld+json'

export const newSession = (model: Model, agents: Agents, server: ServerProcess, count: (outcome: string) => void): Session => {
  const base = server.claim.baseUrl
  let bytes: number | null = null

  const send = async ({ who, lie = 0, method = 'GET', path, body, headers = {} }: Asked): Promise<Reply | null> => {
    const from = Date.now()
    const told = `${who} ${method} ${path.replace(base, '')} ${body?.slice(0, 1_500) ?? ''}`
    try {
      const answer = await fetch(server.address() + path.replace(base, ''), {
        method, headers: { ...(body === undefined ? {} : { 'content-type': JSON_LD }), ...agents.headers(who, lie), ...headers }, ...(body === undefined ? {} : { body }),
      })
      return { status: answer.status, headers: answer.headers, location: answer.headers.get('location'), type: answer.headers.get('content-type') ?? '', body: await answer.text(), from, to: Date.now(), told }
    } catch {
      return null
    }
  }
  const bytesNow = async (): Promise<number> => (JSON.parse((await send({ who: 'holder', path: '/holder/usage' }))?.body ?? '{}') as { readonly bytes: number }).bytes

  return {
    model, agents, server, send,
    settled: () => void (bytes = null),
    ask: async (asked) => {
      const before = bytes ?? (await bytesNow())
      const reply = await send(asked)
      if (!reply) throw new Error(`no answer: ${asked.who} ${asked.method ?? 'GET'} ${asked.path}`)
      count(String(reply.status))
      if (reply.status >= 500) throw new Error(`${reply.status} ${reply.body}: ${reply.told}`)
      if (reply.status >= 400 && asked.method !== 'HEAD' && !isTold(reply)) throw new Error(`${reply.status} without an api:Error, ${reply.body}: ${reply.told}`)
      const isRead = (asked.method ?? 'GET') === 'GET' || asked.method === 'HEAD'
      // the standard keeps requests that failed, and says where
      const isKept = !isRead && (reply.status < 400 || reply.location !== null)
      const after = isKept ? null : await bytesNow()
      if (after !== null && after !== before) throw new Error(`${reply.status}, but ${after - before} bytes were stored: ${reply.told}`)
      bytes = after
      return reply
    },
  }
}

/** @throws Error unless the answer has one of these statuses, or those of this moment when something ended while it was made */
export const mustBe = (reply: Reply, ...statuses: readonly (number | ((at: number) => number))[]): void => {
  const allowed = statuses.flatMap((status) => (typeof status === 'number' ? [status] : [status(reply.from), status(reply.to)]))
  if (!allowed.includes(reply.status)) throw new Error(`${reply.status} instead of ${[...new Set(allowed)].join(' or ')}, ${reply.body.slice(0, 600)}: ${reply.told}`)
}

/** @throws Error with both values unless they are the same */
export const mustEqual = (what: string, is: unknown, should: unknown): void => {
  const [a, b] = [JSON.stringify(is), JSON.stringify(should)]
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`)
}

/** A body as it is sent, with what is wrong with it on purpose, and the status of that. */
export const spoiled = (body: Readonly<Record<string, unknown>>, spoil: Spoil): { readonly body: string; readonly headers: Readonly<Record<string, string>>; readonly refused: number | null } => {
  const { '@type': _, ...rest } = body
  const plain = { headers: {}, refused: 400 }
  switch (spoil) {
    case null: return { body: JSON.stringify(body), headers: {}, refused: null }
    case 'cut': return { ...plain, body: JSON.stringify(body).slice(0, -1) }
    case 'a list': return { ...plain, body: '[]' }
    case 'no type': return { ...plain, body: JSON.stringify({ ...rest, ...('@type' in body ? {} : { other: true }) }) }
    case 'another media type': return { body: JSON.stringify(body), headers: { 'content-type': 'text/plain' }, refused: 415 }
    case 'a context elsewhere': return { ...plain, body: JSON.stringify({ ...body, '@context': 'https://context.test/' }) }
    default: return spoil satisfies never
  }
}

const chosen = <T>(all: readonly T[], number: number): T | undefined => all[number % Math.max(1, all.length)]
export const objectAt = ({ model }: Session, number: number): KnownObject | undefined => chosen(model.objects, number)
export const requestAt = ({ model }: Session, number: number): KnownRequest | undefined => chosen(model.requests, number)

/** What the holder is told now of a request's status. */
export const statusNow = async ({ ask }: Session, iri: string): Promise<string> => {
  const reply = await ask({ who: 'holder', path: iri })
  mustBe(reply, 200)
  return statusIn(reply.body)
}
export const statusIn = (body: string): string => (JSON.parse(body) as { readonly 'api:hasRequestStatus': { readonly '@id': string } })['api:hasRequestStatus']['@id'].replace('api:', '')
