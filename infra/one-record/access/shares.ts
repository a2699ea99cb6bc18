import { key } from '../store/key.ts'
import type { Transaction } from '../store/port.ts'

/** Largest body of an agent that the holder does not know, bytes, where any agent may send one (docs/decisions/0031). */
export const STRANGERS_BODY = 64 * 1024

/** What is shared, and how much one server's agents and all have of it together, of those that the holder does not know. */
export const STRANGERS = { notifications: { each: 100, all: 1_000 }, requests: { each: 50, all: 1_000 } } as const
type Shared = keyof typeof STRANGERS

/** One count and how far it may go. */
export type Part = { readonly name: string; readonly most: number }

/** `held`: there now. `spent`: given back on that day (since 1970, UTC) and not free again before the next. */
type Count = { readonly held: number; readonly spent: number; readonly day: number }

const rowKey = (what: Shared, name: string): string => key('share', what, name)
const today = (tx: Transaction): number => Math.floor(tx.at.getTime() / 86_400_000)

/** The server that an agent's IRI is on. A server speaks for all agents below its address, and can make up any number of them: they have one share. */
export const serverName = (uri: string): string => {
  const origin = URL.parse(uri)?.origin ?? 'null'
  return origin === 'null' ? uri : origin
}

/** Counts of an agent that the holder does not know. */
export const strangersParts = (what: Shared, uri: string): readonly Part[] => [
  { name: `server:${serverName(uri)}`, most: STRANGERS[what].each }, { name: 'all', most: STRANGERS[what].all },
]

const countOf = async (tx: Transaction, what: Shared, name: string): Promise<Count> => {
  const day = today(tx)
  const { held, spent, day: last } = (await tx.get<Count>(rowKey(what, name)))?.value ?? { held: 0, spent: 0, day }
  return { held, spent: last === day ? spent : 0, day }
}

/** Takes one of each part; gives the part that has none left, and then nothing is taken. */
export const take = async (tx: Transaction, what: Shared, parts: readonly Part[]): Promise<Part | null> => {
  const counts = await Promise.all(parts.map(async (part) => ({ part, count: await countOf(tx, what, part.name) })))
  const full = counts.find(({ part, count }) => count.held + count.spent >= part.most)
  if (full) return full.part
  for (const { part, count } of counts) tx.put(rowKey(what, part.name), { ...count, held: count.held + 1 })
  return null
}

/** Gives one of each part back; `isSpent`: it counts until the day is over. */
export const giveBack = async (tx: Transaction, what: Shared, parts: readonly Part[], isSpent = false): Promise<void> => {
  for (const { name } of parts) {
    const count = await countOf(tx, what, name)
    const left = { ...count, held: Math.max(0, count.held - 1), spent: count.spent + (isSpent ? 1 : 0) }
    if (left.held + left.spent === 0) tx.delete(rowKey(what, name))
    else tx.put(rowKey(what, name), left)
  }
}
