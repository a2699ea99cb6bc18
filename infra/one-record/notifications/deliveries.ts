import type { Server } from '../endpoints/server.ts'
import type { Remote } from '../remote/client.ts'
import type { Duty } from '../duties.ts'
import { attemptOf } from './attempt.ts'
import { DUE, owedTo, settle, type Lane, type Owed, type Turn } from './outbox.ts'

/** Agents that are served at the same time: who is slow holds one place, and no more than one. */
const LANES = 32
/** Notifications of one turn at most, and its time, milliseconds; then what was delivered is written down. */
const TURN = { notifications: 50, ms: 1_000 }

/**
 * Delivers the outbox: to each agent in order, to different agents at the same time, until it is delivered or given up (retry.ts).
 * At least once: what was delivered is written down after a turn, so a slot that is killed before sends it again under the same id.
 */
export const deliveries = (server: Pick<Server, 'base' | 'record' | 'access'>, remote: Remote, random: () => number = Math.random): Duty => {
  const { record } = server
  const attempt = attemptOf(server, remote)
  const active = new Map<string, Promise<void>>()
  let stopped = false
  let nudge = Promise.withResolvers<void>()

  const turnOf = async (agent: string): Promise<Turn> => {
    const rows = await record.reader().scan<Owed>({ prefix: owedTo(agent), limit: TURN.notifications })
    const done: Owed[] = []
    const dead: Turn['dead'][number][] = []
    const until = performance.now() + TURN.ms
    for (const row of rows) {
      if (stopped || performance.now() > until) break
      const result = await attempt(row)
      if (result.kind === 'again') return { agent, done, dead, failed: stopped ? null : result }
      if (result.kind === 'hopeless') dead.push({ ...row, reason: result.reason })
      else done.push(row.value)
    }
    return { agent, done, dead, failed: null }
  }
  const serve = async (agent: string): Promise<void> => {
    const turn = await turnOf(agent)
    // what makes the record smaller goes on when it is full
    await record.write((tx) => settle(tx, turn, random()), { beyondLimit: true })
  }
  const begin = async (failures: unknown[]): Promise<void> => {
    const due = await record.reader().scan<Lane>({ prefix: DUE, limit: 2 * LANES })
    for (const { value: { agent, dueAt } } of due) {
      if (active.size >= LANES || dueAt > Date.now()) return
      if (active.has(agent)) continue
      active.set(agent, serve(agent).catch((error: unknown) => void failures.push(error)).finally(() => active.delete(agent)))
    }
  }

  return {
    name: 'notifications',
    dueAt: async (reader) => (await reader.scan<Lane>({ prefix: DUE, limit: 1 }))[0]?.value.dueAt ?? null,
    run: async () => {
      stopped = false
      const failures: unknown[] = []
      do {
        nudge = Promise.withResolvers()
        if (!stopped && failures.length === 0) await begin(failures)
        await Promise.race([...active.values(), ...(active.size > 0 ? [nudge.promise] : [])])
      } while (active.size > 0)
      // the record could not be read or written: the duty is tried again, later
      if (failures.length > 0) throw failures[0]
    },
    nudge: () => nudge.resolve(),
    stop: () => {
      stopped = true
      remote.closeSockets()
    },
  }
}

