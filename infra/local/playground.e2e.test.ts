import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRecords, slotsFolder } from '../agent/slot-records.ts'
import { startPlayground, type Playground } from './playground.ts'
import { descendants, gone, isAlive, look, type Identity } from './processes.ts'
import { readRunFiles } from './run-files.ts'
import { findRunning } from './running.ts'

let dataDir: string
let playground: Playground | undefined

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-whole-'))
  chmodSync(dataDir, 0o711)
})
afterEach(async () => {
  if (playground && isAlive(playground)) await playground.stop()
  playground = undefined
  const left = findRunning(dataDir) // of a test that failed
  if (left) process.kill(left.pid, 'SIGKILL')
  await gone(readRunFiles(dataDir), 15_000)
  rmSync(dataDir, { recursive: true, force: true })
})

const slots = (): readonly Identity[] => readRecords(slotsFolder(dataDir)).flatMap(({ pid }) => look(pid) ?? [])
const everything = (): readonly Identity[] => {
  const noted = readRunFiles(dataDir)
  return [...noted, ...descendants(noted), ...slots()]
}
const pidOf = (part: string): number => readRunFiles(dataDir).find((run) => run.part === part)?.pid ?? 0
const OWN = ['credentials', 'gateway', 'dispatcher', 'projector', 'agent', 'edge']

const start = async (env: Readonly<Record<string, string>> = {}): Promise<Playground> =>
  (playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '2', ...env } }))

/** A visit of a deployment: to the edge's address, with its host; Node does not resolve `*.localhost`. Resolves to the status. */
const visit = (name: string, { httpPort, deploymentsDomain }: Playground): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: httpPort, headers: { host: `${name}.${deploymentsDomain}` }, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    }).once('error', reject)
  })

const api = async ({ urls, token }: Playground, path: string, init: RequestInit = {}): Promise<unknown> => {
  const answer = await fetch(`${urls.platform}/api/deployments${path}`, { ...init, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } })
  return answer.json()
}

describe('the whole playground', () => {
  it('serves with all its parts, and leaves none, slots included, when it is asked to end', async () => {
    const { urls, stop } = await start()
    expect(readRunFiles(dataDir).map(({ part }) => part)).toEqual(expect.arrayContaining(OWN))
    expect((await fetch(urls.platform)).status).toBe(200)
    await expect.poll(() => slots().length, { timeout: 20_000 }).toBe(2)
    const processes = everything()
    await stop()
    expect(processes.filter(isAlive)).toEqual([])
    await expect(fetch(urls.platform)).rejects.toThrow()
  })

  it('leaves none within ten seconds of kill -9, with an agent and a slot that are stopped', async () => {
    const { kill } = await start()
    await expect.poll(() => slots().length, { timeout: 20_000 }).toBe(2)
    const processes = everything()
    for (const pid of [pidOf('agent'), pidOf('gateway'), slots()[0]?.pid ?? 0]) process.kill(pid, 'SIGSTOP')
    await kill()
    expect(await gone(processes, 10_000)).toBe(true)
  })

  it('finds its deployments again after kill -9, one that slept included', async () => {
    const first = await start({ PAUSE_AFTER_SECONDS: '1' })
    await api(first, '', { method: 'POST', body: JSON.stringify({ name: 'sleeper', settings: { open: true } }) })
    await expect.poll(() => visit('sleeper', first), { timeout: 20_000 }).toBe(200)
    await expect.poll(() => api(first, ''), { timeout: 30_000 }).toMatchObject({ items: [{ name: 'sleeper', status: 'paused' }] })
    const processes = everything()
    await first.kill()
    expect(await gone(processes, 10_000)).toBe(true)

    const second = await start()
    expect(await visit('sleeper', second)).toBe(200)
  })

  it('starts each of our parts again that dies', async () => {
    await start()
    const before = new Map(OWN.map((part) => [part, pidOf(part)]))
    for (const pid of before.values()) process.kill(pid, 'SIGKILL')
    for (const [part, pid] of before) await expect.poll(() => pidOf(part) || pid, { timeout: 30_000 }).not.toBe(pid)
  })
})

/** A script as a person runs it, in a process group of its own, as a terminal has it. Resolves when it serves. */
const npm = async (script: 'start' | 'dev') => {
  const child = spawn('npm', ['run', script, '--', '--free-ports'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DATA_DIR: dataDir, SPARE_SLOTS: '1' } })
  const printed: string[] = []
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => printed.push(String(chunk)))
  const ended = once(child, 'exit')
  await expect.poll(() => findRunning(dataDir) !== null || child.exitCode !== null, { timeout: 60_000 }).toBe(true)
  expect(child.exitCode, printed.join('')).toBeNull()
  return { child, ended, output: () => printed.join('') }
}

describe('npm start', () => {
  it('ends with a curl to paste, and with Ctrl-C leaves nothing', async () => {
    const { child, output, ended } = await npm('start')
    const running = findRunning(dataDir)
    await expect.poll(output).toContain(`curl -i -X POST ${running?.urls.platform}/api/deployments`)
    expect(output()).toContain(running?.tokenFile)
    const processes = everything()
    process.kill(-(child.pid ?? 0), 'SIGINT') // the terminal sends it to all of the group
    await ended
    expect(await gone(processes, 10_000)).toBe(true)
    expect(output()).toContain('ending (SIGINT)')
  })

  it('leaves nothing when npm itself is killed', async () => {
    const { child, ended } = await npm('start')
    const processes = everything()
    child.kill('SIGKILL')
    await ended
    expect(await gone(processes, 15_000)).toBe(true)
  })
})

describe('a playground that a program started for itself', () => {
  it('ends with that program, even one that is killed', async () => {
    const program = `
      const { startPlayground } = await import(${JSON.stringify(new URL('playground.ts', import.meta.url).href)})
      await startPlayground({ dataDir: ${JSON.stringify(dataDir)}, env: { SPARE_SLOTS: '1' } })
      console.log('started')
      setInterval(() => {}, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(owner.stdout, 'data')
    const processes = everything()
    expect(processes.length).toBeGreaterThan(OWN.length)
    owner.kill('SIGKILL')
    expect(await gone(processes, 20_000)).toBe(true)
  })
})

describe('npm run dev', () => {
  it('starts the parts again that load a changed file, and no others, keeping slots', async () => {
    const { child, ended } = await npm('dev')
    await expect.poll(() => slots().length, { timeout: 20_000 }).toBe(1)
    const [agent, projector, slot] = [pidOf('agent'), pidOf('projector'), slots()[0]]
    utimesSync('infra/agent/main.ts', new Date(), new Date())
    await expect.poll(() => pidOf('agent') || agent, { timeout: 20_000 }).not.toBe(agent)
    expect(pidOf('projector')).toBe(projector)
    expect(slot && isAlive(slot)).toBe(true)
    const processes = everything()
    process.kill(-(child.pid ?? 0), 'SIGINT')
    await ended
    expect(await gone(processes, 15_000)).toBe(true)
  })
})
