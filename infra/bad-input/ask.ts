import { z } from 'zod'
import type { Client, Answer, Sent } from './send.ts'
import type { Pool } from './pool.ts'
import type { Planned } from './requests.ts'
import type { Tally } from './report.ts'
import { faultsOf } from './verdict.ts'

/** The API of one playground, asked through its edge; every answer is judged and counted. */
export type Asked = {
  ask(planned: Planned): Promise<void>
  /** Call ids of what was refused: no event may carry one. */
  readonly refused: ReadonlySet<string>
}

/** So many of a kind live at the same time: they need slots, or consumers of the broker. */
const MOST_ALIVE = 6
/** What nobody makes by asking for it. */
const LISTED = new Set(['nodes', 'parked'])

export const asking = (client: Client, { host, token, secrets }: { readonly host: string; readonly token: string; readonly secrets: readonly string[] }, pool: Pool, tally: Tally): Asked => {
  const refused = new Set<string>()
  const authorization = `Bearer ${token}`

  const sentOf = ({ operation, method, places, query, headers, body, authorized }: Planned): Sent => {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const place = places[name]
      return place === undefined ? 'x' : 'text' in place ? place.text : encodeURIComponent(pool.at(kindOf(operation.path), place.known) ?? 'none')
    })
    const all = { ...(authorized ? { authorization } : {}), ...body?.headers, ...headers, host }
    return { method, path: `${path}${query}`, headers: all, body: method === 'GET' || method === 'HEAD' ? null : (body?.bytes ?? null) }
  }

  /** Makes room for another one. */
  const thin = async (kind: string): Promise<void> => {
    for (let id = pool.surplus(kind, MOST_ALIVE); id !== null; id = pool.surplus(kind, MOST_ALIVE)) {
      const { status } = await client.send({ method: 'DELETE', path: `/api/${kind}/${encodeURIComponent(id)}`, headers: { host, authorization }, body: null })
      tally.count(`DELETE /api/${kind}/{id} of the oldest`, String(status))
    }
  }

  return {
    refused,
    ask: async (planned) => {
      const { operation, method, kind } = planned
      const what = kindOf(operation.path)
      if (method === 'POST') await thin(what)
      const sent = sentOf(planned)
      const request = `${kind} ${shown(sent)}`
      try {
        const answer = await client.send(sent)
        tally.count(method === operation.method ? operation.id : 'other methods', String(answer.status))
        for (const fault of faultsOf(planned, sent, answer, secrets)) tally.found(fault, operation.id, request)
        if (answer.status >= 400) refused.add(String(answer.headers['x-call-id']))
        // not every one that is listed: those made here come and go
        if (answer.status < 300 && (method === 'POST' || LISTED.has(what))) for (const id of idsIn(answer)) pool.add(what, id)
      } catch (error) {
        tally.count(operation.id, 'none')
        tally.found(`no answer: ${String(error)}`, operation.id, request)
      }
    },
  }
}

/** `/api/deployments/{id}/stop` is of deployments. */
const kindOf = (path: string): string => path.split('/')[2] ?? ''

const named = z.union([z.object({ id: z.string() }).transform(({ id }) => id), z.object({ node: z.string() }).transform(({ node }) => node)])
const known = z.union([z.object({ items: z.array(named) }).transform(({ items }) => items), named.transform((id) => [id])])

/** Of what was made or shown, one or a list. */
const idsIn = ({ headers, text }: Answer): readonly string[] =>
  String(headers['content-type']).startsWith('application/json') && text !== '' ? (known.safeParse(JSON.parse(text)).data ?? []) : []

/** For a report, in one line; without the token. */
export const shown = ({ method, path, headers, body }: Sent): string => {
  const { authorization: _, host: __, ...rest } = headers
  const text = body === null ? '' : ` ${body.length} bytes ${JSON.stringify(Buffer.from(body).subarray(0, 400).toString('utf8'))}`
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(rest).slice(0, 400)}${text}`
}
