import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { vi } from 'vitest'
import { randomId } from '../../../ids.ts'
import type { Claim } from '../../../slot/port.ts'
import { end } from '../../../testing/servers.ts'
import { describeAnew } from '../../change/testing.ts'
import { claimOn, startStore } from '../../testing/serve.ts'
import { API, CARGO } from '../../namespaces.ts'
import { startEdge, type Edge } from './edge.ts'

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string; json<T = Record<string, unknown>>(): T }

/** A ONE Record server in a process of its own, behind the edge, with its own token endpoint. */
export type Neighbour = {
  readonly name: string
  readonly base: string
  /** IRI of its holder. */
  readonly holder: string
  start(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** A request of this one's holder to a server, its own or another's, by its IRI; with a token of its own token endpoint for that server. */
  ask(method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** As `ask`, and the answer's status must be one of 2xx. */
  must(method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export type Town = { readonly edge: Edge; neighbour(name: string, settings?: Partial<Claim>): Promise<Neighbour>; stop(): Promise<void> }

const SECRET = 'secret-of-the-holder'
const EMPTY = Buffer.alloc(0)

/** ONE Record servers that are siblings on one platform: what they send each other goes by the edge, over HTTP. */
export const startTown = async (): Promise<Town> => {
  const minio = await startStore()
  const edge = await startEdge()
  const children = new Map<string, ChildProcess>()

  const send = (method: string, url: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { host, pathname, search } = new URL(url)
      const request = httpRequest({ host: '127.0.0.1', port: edge.port, method, path: pathname + search, agent: false, headers: { ...headers, host, 'content-length': body.length } }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: <T>() => JSON.parse(text) as T })
        })
      })
      request.on('error', reject)
      request.end(body)
    })

  const neighbour = async (name: string, settings: Partial<Claim> = {}): Promise<Neighbour> => {
    const base = edge.base(name)
    const prefix = `${randomId()}/`
    const first = claimOn(minio, { prefix })
    const claim: Claim = {
      ...first, name, baseUrl: base, outboundAllow: '', platform: { domain: 'play.localhost', scheme: 'http', port: edge.port },
      access: { ...first.access, open: false, client: { id: 'holder', secretHash: createHash('sha256').update(SECRET).digest('hex') } }, ...settings,
    }
    let epoch = 0
    const tokens = new Map<string, string>()
    const tokenFor = async (server: string): Promise<string> => {
      const known = tokens.get(server)
      if (known !== undefined) return known
      const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'holder', client_secret: SECRET, resource: server })
      const answer = await send('POST', `${base}/oauth2/token`, { 'content-type': 'application/x-www-form-urlencoded' }, Buffer.from(form.toString()))
      if (answer.status !== 200) throw new Error(`the token endpoint of ${name} answers ${answer.status}: ${answer.text}`)
      const { access_token: token } = answer.json<{ access_token: string }>()
      tokens.set(server, token)
      return token
    }
    const ask: Neighbour['ask'] = async (method, url, body, headers = {}) => {
      const token = await tokenFor(new URL(url).origin)
      const content = body === undefined ? {} : { 'content-type': url.includes('/holder/') ? 'application/json' : 'application/ld+json' }
      return send(method, url, { authorization: `Bearer ${token}`, ...content, ...headers }, body === undefined ? EMPTY : Buffer.from(JSON.stringify(body)))
    }
    const self: Neighbour = {
      name, base, ask, holder: `${base}/logistics-objects/_data-holder`,
      start: async () => {
        epoch += 1
        const whole = { ...claim, epoch, claimId: `${claim.deploymentId}-${epoch}` }
        const child = spawn(process.execPath, [`${import.meta.dirname}/../../testing/main.ts`, JSON.stringify(whole)], { stdio: ['ignore', 'pipe', 'inherit'] })
        children.set(name, child)
        const [port] = (await once(child.stdout, 'data')) as [Buffer]
        edge.place(name, Number(port.toString().trim()))
      },
      kill: async () => {
        edge.place(name, null)
        const child = children.get(name)
        if (child) await end(child, 'SIGKILL')
      },
      must: async (method, url, body, headers) => {
        const answer = await ask(method, url, body, headers)
        if (answer.status < 200 || answer.status > 299) throw new Error(`${method} ${url} answers ${answer.status}: ${answer.text}`)
        return answer
      },
    }
    await self.start()
    return self
  }

  return {
    edge, neighbour,
    stop: async () => {
      await Promise.all([...children.values()].map((child) => end(child, 'SIGKILL')))
      await edge.stop()
      await minio.stop()
    },
  }
}

export const location = async (asked: Promise<Answer>): Promise<string> => String((await asked).headers['location'])
export const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 50 })

const context = { cargo: CARGO, api: API }
const typed = (name: string, value: string) => ({ '@type': `http://www.w3.org/2001/XMLSchema#${name}`, '@value': value })

export const piece = (text = 'books') => ({ '@context': context, '@type': 'cargo:Piece', 'cargo:goodsDescription': text })

/** `topic`: IRI of an object, or of a class. */
export const subscription = (subscriber: string, topic: string, more: Readonly<Record<string, unknown>> = {}) => ({
  '@context': context, '@type': 'api:Subscription', 'api:hasSubscriber': { '@id': subscriber },
  'api:hasTopicType': { '@id': topic.startsWith(CARGO) ? 'api:LOGISTICS_OBJECT_TYPE' : 'api:LOGISTICS_OBJECT_IDENTIFIER' }, 'api:hasTopic': typed('anyURI', topic),
  'api:includeSubscriptionEventType': ['LOGISTICS_OBJECT_CREATED', 'LOGISTICS_OBJECT_UPDATED', 'LOGISTICS_EVENT_RECEIVED'].map((name) => ({ '@id': `api:${name}` })), ...more,
})

/** Another description of goods, in the place of the one it has. */
export const change = (object: string, revision: number, from: string, to: string, notify = false) => describeAnew(object, revision, from, to, { 'api:notifyRequestStatusChange': notify })

export type Item = { readonly id: string; readonly sender: string; readonly eventType: string; readonly object: string | null; readonly triggeredBy: string | null; readonly isRead: boolean }

/** The holder's whole inbox, oldest first, page by page. */
export const inboxOf = async ({ base, must }: Neighbour): Promise<readonly Item[]> => {
  const items: Item[] = []
  for (let url: string | null = `${base}/holder/inbox?limit=200`; url !== null; ) {
    const page: { readonly items: readonly Item[]; readonly next: string | null } = (await must('GET', url)).json()
    items.push(...page.items)
    url = page.next
  }
  return items.toReversed()
}
