import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../../demo/http.ts'

/** Where visitors go and through which edges (ports), in turn. */
export type VisitorsOptions = { readonly urls: readonly string[]; readonly client: Client; readonly ports: readonly number[]; /** Rest between two requests of one visitor, milliseconds. */ readonly restMs: number }

export type Visitors = {
  /** Requests so far. */
  requests(): number
  /** What did not go well, in words. */
  readonly failures: readonly string[]
  /** The logistics objects that were acknowledged, by the deployment's URL. */
  readonly objects: ReadonlyMap<string, readonly string[]>
  /** The longest that anybody waited for an answer, milliseconds. */
  slowest(): number
  /** Lets nobody come any more; resolves when all have their answers. */
  end(): Promise<void>
}

const PIECE = (text: string) => JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': text, 'cargo:coload': false })

/** One visitor at each deployment, who makes an object, reads it, and comes again, until told to end. */
export const visitors = ({ urls, client, ports, restMs }: VisitorsOptions): Visitors => {
  const failures: string[] = []
  const objects = new Map<string, string[]>(urls.map((url) => [url, []]))
  const ending = new AbortController()
  let requests = 0
  let slowest = 0

  const ask = async (url: string, expected: number, body?: string) => {
    const [method, port] = [body === undefined ? 'GET' : 'POST', ports[(requests += 1) % ports.length] ?? 0]
    try {
      const answer = await client.ask(url, { method, port, ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/ld+json' } }) })
      slowest = Math.max(slowest, answer.ms)
      if (answer.status === expected) return answer
      failures.push(`${method} ${url}: ${answer.status} ${answer.body.toString('utf8').slice(0, 300)}`)
    } catch (error) {
      failures.push(`${method} ${url}: ${String(error)}`)
    }
    return null
  }
  const visit = async (url: string): Promise<void> => {
    for (let round = 1; !ending.signal.aborted; round += 1) {
      const made = await ask(`${url}/logistics-objects`, 201, PIECE(`books ${round}`))
      const object = made?.headers['location']
      if (object !== undefined) {
        objects.get(url)?.push(object)
        await ask(object, 200)
      }
      await sleep(restMs, undefined, { signal: ending.signal }).catch(() => undefined) // told to end
    }
  }
  const visits = urls.map(visit)
  return {
    requests: () => requests,
    failures,
    objects,
    slowest: () => slowest,
    end: async () => {
      ending.abort()
      await Promise.all(visits)
    },
  }
}
