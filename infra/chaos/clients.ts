import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient, type Answer, type Ask } from '../demo/http.ts'
import type { Running } from '../local/running.ts'
import type { Dice } from './dice.ts'

/** One answer, or why there was none. */
export type Outcome = Answer | { readonly status: 0; readonly reason: string }

/** The playground as its owners and visitors reach it: by HTTP, through any of its edges. */
export type Clients = {
  /** One request to a deployment's address through one edge, not repeated. */
  visit(url: string, edge: number, ask?: Ask): Promise<Outcome>
  /**
   * A command as a careful client gives it: through any edge, under one Idempotency-Key, again until the answer is definite.
   * Null when there was none before `until` aborted.
   */
  command(method: string, path: string, key: string, body: object | undefined, dice: Dice, until: AbortSignal): Promise<Answer | null>
  /** GET of the API. */
  look(path: string): Promise<Outcome>
  readonly edges: number
  close(): void
}

const ATTEMPT_MS = 12_000
/** Answers that say nothing about what was asked (RFC 9110, RFC 6585). */
const UNDECIDED = new Set([0, 408, 425, 429, 500, 502, 503, 504])

export const clientsOf = ({ edges, deploymentsDomain, httpPort }: Running, token: string): Clients => {
  const client = httpClient({ keepAlive: false })
  const ports = edges.map((edge) => new URL(edge).port)
  const ask = (url: string, sent: Ask): Promise<Outcome> =>
    client.ask(url, { timeoutMs: ATTEMPT_MS, ...sent }).catch((error: unknown): Outcome => ({ status: 0, reason: error instanceof Error ? error.message : String(error) }))
  const api = (edge: number, path: string, sent: Ask) =>
    ask(`${edges[edge % edges.length]}/api/deployments${path}`, { ...sent, headers: { ...sent.headers, authorization: `Bearer ${token}` } })

  return {
    edges: edges.length,
    visit: (url, edge, sent = {}) => ask(url.replace(`${deploymentsDomain}:${httpPort}`, `${deploymentsDomain}:${ports[edge % ports.length]}`), sent),
    look: async (path) => api(0, path, {}),
    command: async (method, path, key, body, dice, until) => {
      while (!until.aborted) {
        const answer = await api(Math.floor(dice.between(0, edges.length)), path, {
          method, headers: { 'idempotency-key': key, ...(body ? { 'content-type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
        })
        if (!UNDECIDED.has(answer.status) && 'body' in answer) return answer
        await sleep(dice.between(100, 1_500), undefined, { signal: until }).catch(() => undefined)
      }
      return null
    },
    close: () => client.close(),
  }
}

export const textOf = (outcome: Outcome): string => ('body' in outcome ? outcome.body.toString('utf8') : outcome.reason)
