import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Room } from '../disk/room.ts'
import type { Part } from './part.ts'
import { descendants, isAlive, look } from './processes.ts'
import { HASTY } from './reap.ts'
import { readRunFiles } from './run-files.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

let dataDir: string
let supervisor: Supervisor | undefined
const reports: string[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-supervisor-'))
  reports.length = 0
})
afterEach(async () => {
  await supervisor?.stop(HASTY)
  rmSync(dataDir, { recursive: true, force: true })
})

const READY = `console.error('{"ready":true}')`
const LIVE = `setInterval(() => {}, 1000)`

/** A part that is a line of JavaScript. */
const part = (name: string, code: string, more: Partial<Part> = {}): Part => ({
  name, role: 'own', after: [], stopSignal: 'SIGTERM',
  launch: { file: process.execPath, args: ['-e', code] },
  ready: { line: (line) => line.includes('"ready":true') },
  ...more,
})

const supervise = (...parts: readonly Part[]): Supervisor =>
  (supervisor = createSupervisor({ dataDir, parts, report: (text) => reports.push(text), backoffMs: () => 10 }))

const processOf = (name: string) => readRunFiles(dataDir).find((run) => run.part === name)

describe('the supervisor', () => {
  it('starts a part when those it comes after are ready', async () => {
    await supervise(part('second', `${READY};${LIVE}`, { after: ['first'] }), part('first', `setTimeout(() => ${READY}, 100);${LIVE}`)).start()
    expect(reports.map((line) => line.split(' ')[0])).toEqual(['first', 'second'])
  })

  it('starts a part again that died', async () => {
    await supervise(part('mortal', `${READY};${LIVE}`)).start()
    const before = processOf('mortal')
    process.kill(before?.pid ?? 0, 'SIGKILL')
    await expect.poll(() => reports.filter((line) => line.startsWith('mortal ready')).length).toBe(2)
    expect(processOf('mortal')?.pid).not.toBe(before?.pid)
    expect(reports).toContain('mortal ended (signal SIGKILL); starting it again in 10 ms')
  })

  it('restarts a part that is asked for, without counting a death', async () => {
    const asked = supervise(part('changed', `${READY};${LIVE}`))
    await asked.start()
    await asked.restart('changed')
    await expect.poll(() => reports.filter((line) => line.startsWith('changed ready')).length).toBe(2)
    expect(reports.some((line) => line.includes('ended'))).toBe(false)
  })

  it('gives up on a crash loop, with the end of the log', async () => {
    const hopeless = supervise(part('hopeless', `${READY};console.error('why it fails');setTimeout(() => process.exit(3), 50)`))
    await hopeless.start()
    const failure = await hopeless.failed
    expect(failure.message).toMatch(/^hopeless ended 6 times within a minute \(code 3\)/)
    expect(failure.message).toContain('why it fails')
  })

  it('does not give up on what dies while the disk is full', async () => {
    let room: Room = 'none'
    supervisor = createSupervisor({ dataDir, parts: [part('writer', `${READY};setTimeout(() => process.exit(3), 10)`)], report: (text) => reports.push(text), backoffMs: () => 10, room: () => room })
    await supervisor.start()
    await expect.poll(() => reports.filter((line) => line === 'writer ended (code 3); the disk is full; starting it again in 10 ms').length, { timeout: 30_000 }).toBeGreaterThan(6)
    room = 'ample'
    expect((await supervisor.failed).message).toMatch(/^writer ended 6 times/)
  })

  it('waits for a change instead, while somebody edits the code', async () => {
    const repaired = join(dataDir, 'repaired')
    const code = `${READY};if(!require('fs').existsSync('${repaired}'))setTimeout(() => process.exit(3), 50);${LIVE}`
    supervisor = createSupervisor({ dataDir, parts: [part('edited', code)], report: (text) => reports.push(text), backoffMs: () => 10, onCrashLoop: 'wait' })
    await supervisor.start()
    await expect.poll(() => reports.at(-1), { timeout: 10_000 }).toMatch(/edited waits for a change$/)
    writeFileSync(repaired, '')
    await supervisor.restart('edited')
    await expect.poll(() => reports.at(-1)).toMatch(/^edited ready/)
    expect(processOf('edited')).toBeDefined()
  })

  it('counts a part that comes up no more as dying too', async () => {
    const marker = join(dataDir, 'was-there')
    const code = `const fs=require('fs');if(fs.existsSync('${marker}'))process.exit(4);fs.writeFileSync('${marker}','');${READY};setTimeout(() => process.exit(5), 50)`
    const gone = supervise(part('once', code))
    await gone.start()
    expect((await gone.failed).message).toMatch(/\(code 4\)/)
  })

  it('fails the start when a part ends before it is ready, and leaves none of the others', async () => {
    const failing = supervise(part('good', `${READY};${LIVE}`), part('bad', `console.error('no such broker');process.exit(1)`, { after: ['good'] }))
    await expect(failing.start()).rejects.toThrow(/^bad ended with code 1 before it was ready.*no such broker/s)
    expect(readRunFiles(dataDir)).toEqual([])
  })

  it('fails the start when a program is not there', async () => {
    const missing = supervise(part('absent', '', { launch: { file: '/nowhere/program', args: [] } }))
    await expect(missing.start()).rejects.toThrow(/absent ended with .*ENOENT/)
  })

  it('ends parts that ignore it, that are stopped, and their children', async () => {
    const stubborn = `process.on('SIGTERM', () => {});require('child_process').spawn('sleep', ['600']);${READY};${LIVE}`
    const ending = supervise(part('stubborn', stubborn), part('stopped', `${READY};${LIVE}`))
    await ending.start()
    const noted = readRunFiles(dataDir)
    const all = [...noted, ...descendants(noted)]
    expect(all.length).toBe(3)
    process.kill(processOf('stopped')?.pid ?? 0, 'SIGSTOP')
    await ending.stop({ own: 300, server: 300 })
    expect(all.filter(isAlive)).toEqual([])
  })

  it('ends our parts before the servers they write to', async () => {
    const order: string[] = []
    const note = (name: string) => `process.on('SIGTERM', () => setTimeout(() => { console.log('bye'); process.exit(0) }, 50));${READY};${LIVE}//${name}`
    supervisor = createSupervisor({
      dataDir, parts: [part('server', note('server'), { role: 'server' }), part('own', note('own'))], report: () => {},
      onLine: (name, line) => line === 'bye' && order.push(name),
    })
    await supervisor.start()
    await supervisor.stop()
    await expect.poll(() => order).toEqual(['own', 'server'])
  })
})

describe('the identity of a process', () => {
  it('is not that of a later process with the same pid', () => {
    const now = look(process.pid)
    expect(now && isAlive(now)).toBe(true)
    expect(isAlive({ pid: process.pid, started: 'another time' })).toBe(false)
    expect(look(2 ** 22 + 1)).toBeNull()
  })
})
