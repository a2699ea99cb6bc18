import { once } from 'node:events'
import { Agent, createServer, request as send, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { closeGracefully } from './close-gracefully.ts'

const serving = async (answerAfterMs: number) => {
  const server = createServer({ keepAliveTimeout: 0 }, (_, response) => void setTimeout(() => response.end('whole'), answerAfterMs)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })
  const request = send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { agent }).end()
  await once(server, 'request')
  return { server, agent, request }
}

test('a call under way ends whole, and its kept connection with it', async () => {
  const { server, agent, request } = await serving(100)
  const answered = once(request, 'response').then(([response]) => text(response as IncomingMessage))
  const began = performance.now()
  await closeGracefully(server, 5_000)
  expect(await answered).toBe('whole')
  expect(performance.now() - began).toBeLessThan(2_000)
  agent.destroy()
})

test('a call that does not end is broken off', async () => {
  const { server, agent, request } = await serving(60_000)
  const [outcome] = await Promise.allSettled([once(request, 'response'), closeGracefully(server, 50)])
  expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'socket hang up' } })
  agent.destroy()
})
