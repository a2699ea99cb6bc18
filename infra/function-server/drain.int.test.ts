import { Agent, request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serveHandler } from './testing/server.ts'

const patience = { timeout: 60_000 }

/** Answers `/slow` when `/go` is called. */
const HANDLER = `let go
export default ({ path }) => {
  if (path === '/go') { go(); return 'went' }
  if (path !== '/slow') return 'quick'
  return new Promise((resolve) => { console.log('here'); go = () => resolve('slow') })
}
export const close = async () => { await new Promise((resolve) => setTimeout(resolve, 20)); console.log('closed') }`

/** One connection that is kept. */
const connection = (url: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return async (path: string) => {
    const asked = request(`${url}${path}`, { agent }).end()
    const [answer] = await once(asked, 'response') as [IncomingMessage]
    return { status: answer.statusCode, connection: answer.headers.connection, text: await text(answer) }
  }
}

describe('SIGTERM', () => {
  test('while a call is under way: it has its answer; who has not noticed is served, and told to go; then it ends', async () => {
    const { url, lines, kill, exited } = await serveHandler(HANDLER)
    const kept = connection(url)
    expect(await kept('/')).toMatchObject({ status: 200, connection: 'keep-alive' })
    const slow = fetch(`${url}/slow`)
    await expect.poll(() => lines.map(({ msg }) => msg), patience).toContain('here')

    kill('SIGTERM')
    await expect.poll(async () => (await fetch(`${url}/_/ready`)).status, patience).toBe(503)
    expect((await fetch(`${url}/_/health`)).status).toBe(200)
    // on the connection that was idle when it began, and on a new one
    expect(await kept('/')).toMatchObject({ status: 200, text: 'quick', connection: 'close' })
    expect(await kept('/go')).toMatchObject({ status: 200, text: 'went', connection: 'close' })
    const answer = await slow
    expect([answer.status, answer.headers.get('connection'), await answer.text()]).toEqual([200, 'close', 'slow'])
    expect(await exited).toBe(0)
    expect(lines.at(-1)).toMatchObject({ msg: 'closed' })
  })

  test('ends connections that nobody uses, and a check that waits', async () => {
    const { url, kill, exited } = await serveHandler(HANDLER)
    const kept = connection(url)
    await kept('/')
    expect((await fetch(`${url}/_/ready?wait`)).status).toBe(200)
    const check = fetch(`${url}/_/ready?wait`)
    await kept('/') // the check has been asked by now
    kill('SIGTERM')
    expect((await check).status).toBe(503)
    expect(await exited).toBe(0)
  })

  test('breaks off what takes longer than a call may', async () => {
    const { url, lines, kill, exited } = await serveHandler(`export default () => (async function* () { for (;;) { yield Buffer.from('x'); await new Promise((go) => setTimeout(go, 10)) } })()`, { env: { exec_timeout: '500ms' } })
    const endless = await fetch(url)
    await expect.poll(() => lines.length, patience).toBeGreaterThan(0)
    kill('SIGTERM')
    await expect(endless.text()).rejects.toThrow()
    expect(await exited).toBe(0)
  })

  test('a second Ctrl-C ends it at once', async () => {
    const { url, lines, kill, exited } = await serveHandler(HANDLER)
    fetch(`${url}/slow`).catch(() => {}) // it is cut
    await expect.poll(() => lines.map(({ msg }) => msg), patience).toContain('here')
    kill('SIGINT')
    await expect.poll(async () => (await fetch(`${url}/_/ready`)).status, patience).toBe(503)
    kill('SIGINT')
    expect(await exited).toBe(130)
  })
})
