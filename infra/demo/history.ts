import { setTimeout as sleep } from 'node:timers/promises'
import type { Operator } from './http.ts'

export type HistoryItem = { readonly type: string; readonly at: string; readonly position: string }
type Page = { readonly items: readonly HistoryItem[]; readonly next: string | null }

/** All events of a deployment, oldest first. */
export const historyOf = async (api: Operator, id: string): Promise<readonly HistoryItem[]> => {
  const items: HistoryItem[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await api.call<Page>('GET', `/${id}/history?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    items.push(...page.items)
    cursor = page.next
  }
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
