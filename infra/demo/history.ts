import { setTimeout as sleep } from 'node:timers/promises'
import type { OutputOf } from '../client/routes.ts'
import type { Operator } from './http.ts'

export type HistoryItem = { readonly type: string; readonly at: string; readonly position: string }

/** All events of a deployment, oldest first. */
export const historyOf = async (api: Operator, id: string): Promise<readonly HistoryItem[]> => {
  const items: HistoryItem[] = []
  let next: string | null | undefined
  do {
    const { body }: OutputOf<'deployments', 'GET /:id/history'> = await api.ask('deployments', 'GET /:id/history', { params: { id }, query: { limit: 200, cursor: next ?? undefined } })
    items.push(...body.items)
    next = body.next
  } while (next !== null)
  return items.toSorted((a, b) => Number(BigInt(a.position) - BigInt(b.position)))
}

/**
 * Waits until the history has an event of that type after a position. It only looks: nothing it does makes the event happen.
 * @throws Error when it does not come in time
 */
export const untilEvent = async (api: Operator, id: string, type: string, after: string, timeoutMs: number): Promise<HistoryItem> => {
  const until = Date.now() + timeoutMs
  for (;;) {
    const found = (await historyOf(api, id)).find((item) => item.type === type && BigInt(item.position) > BigInt(after))
    if (found) return found
    if (Date.now() > until) throw new Error(`no ${type} within ${timeoutMs} ms`)
    await sleep(50)
  }
}
