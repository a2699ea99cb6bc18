import { describe, expect, test } from 'vitest'
import { serveHandler } from './testing/server.ts'

const patience = { timeout: 60_000 }
const problem = async (answer: Response) => [answer.status, await answer.json()] as const

describe('a handler that', () => {
  test.each(['throw new Error("secret")', 'return Promise.reject(new Error("secret"))', 'return context.fail(new Error("secret"))', 'return new Promise((_, no) => setTimeout(() => no(new Error("secret")), 1))'])('does %s is answered for, and logged with the call', async (body) => {
    const { url, lines } = await serveHandler(`export default (event, context) => { ${body} }`)
    const [status, said] = await problem(await fetch(url, { headers: { 'x-call-id': 'c-7' } }))
    expect([status, said]).toMatchObject([500, { code: 'INTERNAL', detail: expect.stringContaining('c-7') }])
    expect(JSON.stringify(said)).not.toContain('secret')
    await expect.poll(() => lines, patience).toContainEqual(expect.objectContaining({ level: 50, callId: 'c-7', err: expect.objectContaining({ message: 'secret' }) }))
    expect((await fetch(`${url}/_/health`)).status).toBe(200)
  })

  test('hangs is given up, and told so', async () => {
    const { url, lines } = await serveHandler('export default ({ signal }) => new Promise(() => signal.addEventListener("abort", () => console.log("told")))', { env: { exec_timeout: '100ms', OPENFAAS_NAME: 'slow' } })
    expect(await problem(await fetch(url))).toMatchObject([504, { code: 'FUNCTION_TIMEOUT', detail: 'Function slow did not answer within 0.1 seconds.' }])
    await expect.poll(() => lines.map(({ msg }) => msg), patience).toContain('told')
  })

  test('hangs in the middle of a stream breaks off', async () => {
    const { url } = await serveHandler('export default () => (async function* () { yield Buffer.from("a"); await new Promise(() => {}) })()', { env: { exec_timeout: '100ms' } })
    const answer = await fetch(url)
    await expect(answer.text()).rejects.toThrow()
  })

  test('has no limit hangs for as long as it likes', async () => {
    const { url, lines } = await serveHandler('export default () => new Promise((answer) => setTimeout(() => answer("late"), 200))', { env: { exec_timeout: '0s' } })
    expect(await (await fetch(url)).text()).toBe('late')
    expect(lines.filter(({ level }) => level > 30)).toEqual([])
  })

  test('forgets a promise that is rejected goes on; its log has it, with the call', async () => {
    const { url, lines } = await serveHandler('export default () => { Promise.reject(new Error("forgotten")); return "answered" }')
    expect(await (await fetch(url, { headers: { 'x-call-id': 'c-8' } })).text()).toBe('answered')
    await expect.poll(() => lines, patience).toContainEqual(expect.objectContaining({ level: 50, callId: 'c-8', err: expect.objectContaining({ message: 'forgotten' }) }))
    expect(await (await fetch(`${url}/_/metrics`)).text()).toContain('function_faults_total{kind="unhandled_rejection"} 1\n')
    expect((await fetch(url)).status).toBe(200)
  })

  test('throws where nobody can catch it ends the process, when every other call has its answer', async () => {
    const { url, lines, exited } = await serveHandler(`let answer
      export default ({ path }) => new Promise((resolve) => {
        if (path === '/other') { console.log('here'); answer = resolve } else setTimeout(() => { setTimeout(() => answer('other'), 100); throw new Error('uncaught') }, 1)
      })`)
    const other = fetch(`${url}/other`)
    await expect.poll(() => lines.map(({ msg }) => msg), patience).toContain('here')
    expect(await problem(await fetch(url, { headers: { 'x-call-id': 'c-9' } }))).toMatchObject([500, { code: 'INTERNAL' }])
    expect((await fetch(`${url}/_/ready`)).status).toBe(503)
    expect(await (await other).text()).toBe('other')
    expect(await exited).toBe(1)
    expect(lines).toContainEqual(expect.objectContaining({ callId: 'c-9', err: expect.objectContaining({ message: 'uncaught' }) }))
  })

  test.each([['throw new Error("no such driver")', 'no such driver'], ['export const handler = 1', 'no default export'], ['export default (', 'Unexpected']])('is %j ends the process, and says why', async (source, why) => {
    const { lines, exited } = await serveHandler(source)
    expect(await exited).toBe(1)
    expect(lines.at(-1)).toMatchObject({ level: 50, msg: 'the function cannot be loaded', err: { message: expect.stringContaining(why) } })
  })
})

test('a setting that cannot be read ends the process, and says which', async () => {
  const { lines, exited } = await serveHandler('export default () => {}', { env: { exec_timeout: 'soon' } })
  expect(await exited).toBe(1)
  expect(lines.at(-1)).toMatchObject({ err: { message: expect.stringContaining('exec_timeout must be a duration') } })
})

test('what the console says is a line with its call; a flood of it is bounded', async () => {
  const { url, lines } = await serveHandler('export default () => { console.warn("odd: %s", 7, { a: 1 }); for (let n = 0; n < 5000; n += 1) console.log("flood") }', { env: { max_log_lines: '50' } })
  await fetch(url, { headers: { 'x-call-id': 'c-3' } })
  await expect.poll(() => lines, patience).toContainEqual(expect.objectContaining({ level: 40, callId: 'c-3', msg: 'odd: 7 { a: 1 }' }))
  expect(lines.length).toBeLessThan(200)
})

test('more calls than it is to take at once are refused, to be made again', async () => {
  const { url, lines } = await serveHandler('let go; export default ({ path }) => path === "/go" ? go() : new Promise((resolve) => { console.log("here"); go = () => (resolve("one"), "went") })', { env: { max_inflight: '1' } })
  const first = fetch(url)
  await expect.poll(() => lines.map(({ msg }) => msg), patience).toContain('here')
  const second = await fetch(`${url}/go`)
  expect([second.status, second.headers.get('retry-after')]).toEqual([429, '1'])
  expect((await fetch(`${url}/_/ready`)).status).toBe(200)
  first.catch(() => {}) // it ends with the process
})
