import { request as send } from 'node:http'
import type { RoutingTable } from './table.ts'
import type { Placed } from './tasks.ts'

/** Where a function tells that it takes calls, as the template has it. */
const PATH = '/_/ready'
/** Between two questions: at first, and at most, milliseconds. */
const FIRST_MS = 50
const LONGEST_MS = 1_000
const GROWTH = 1.2
const ANSWER_MS = 500

/**
 * Asks containers that start whether they are ready. Docker asks too, as often as the health check says, and tells the Swarm, which
 * tells the gateway, while the update goes on to stop the one before: who asked directly knows a second earlier, and has no more calls
 * where the signal to end arrives. One that does not know the question is taken when Docker says so.
 */
export const askWhoStarts = (table: RoutingTable, port: number): { close(): void } => {
  const asking = new Map<string, NodeJS.Timeout>()
  const ask = async (one: Placed, pause: number): Promise<void> => {
    const isReady = await answersReady(one.address ?? '', port)
    if (!asking.delete(one.taskId)) return
    if (isReady) table.answers(one.taskId)
    else if (table.starting().some(({ taskId }) => taskId === one.taskId)) later(one, Math.min(pause * GROWTH, LONGEST_MS))
  }
  const later = (one: Placed, pause: number) => {
    asking.set(one.taskId, setTimeout(() => void ask(one, pause), pause).unref())
  }
  table.onChange(() => {
    for (const one of table.starting()) if (!asking.has(one.taskId)) later(one, FIRST_MS)
  })
  return {
    close: () => {
      asking.forEach((timer) => clearTimeout(timer))
      asking.clear()
    },
  }
}

/** Never rejects: whoever does not answer is not ready. */
const answersReady = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const request = send({ host, port, path: PATH, agent: false, timeout: ANSWER_MS }, (response) => {
      resolve(response.statusCode === 200)
      response.resume()
    })
    request.on('timeout', () => request.destroy()).on('error', () => resolve(false)).on('close', () => resolve(false)).end()
  })
