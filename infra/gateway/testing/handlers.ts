import { setTimeout as sleep } from 'node:timers/promises'
import type { FunctionHandler } from '../../functions/handler.ts'

/** Tells what it was called with. */
export const mirror: FunctionHandler = ({ method, path, query, headers, body }) => ({ method, path, query, headers, body })

/** The same bytes with the same type. */
export const echo: FunctionHandler = ({ rawBody, headers }, context) =>
  context.headers({ 'Content-Type': headers['content-type'] ?? 'application/octet-stream' }).succeed(rawBody)

/** Two chunks, the second when `release` is called. */
export const halting = () => {
  const gate = Promise.withResolvers<void>()
  const handler: FunctionHandler = async function* () {
    yield Buffer.from('first ')
    await gate.promise
    yield Buffer.from('second')
  }
  return { handler, release: gate.resolve }
}

/** Answers after `?ms=`, and remembers whether it was told to stop. */
export const slow = () => {
  const aborted: string[] = []
  const handler: FunctionHandler = async ({ query, signal }) => {
    signal.addEventListener('abort', () => aborted.push((signal.reason as Error).name), { once: true })
    await sleep(Number(query['ms']))
    return 'done'
  }
  return { handler, aborted }
}
