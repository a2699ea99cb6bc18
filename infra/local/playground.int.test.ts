import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { startPlayground, type Playground, type PlaygroundOptions } from './playground.ts'
import { descendants, gone, isAlive, type Identity } from './processes.ts'
import { readRunFiles } from './run-files.ts'
import { freePort } from '../testing/servers.ts'

const folders: string[] = []
const started: Playground[] = []

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'orp-playground-'))
  chmodSync(made, 0o711)
  folders.push(made)
  return made
}

const start = async (options: Partial<PlaygroundOptions> & { dataDir: string }): Promise<Playground> => {
  const playground = await startPlayground({ serversOnly: true, ...options })
  started.push(playground)
  return playground
}

/** Every process of a playground: those noted, and all below them. */
const everyProcess = (dataDir: string): readonly Identity[] => {
  const noted = readRunFiles(dataDir)
  return [...noted, ...descendants(noted)]
}

const query = async (playground: Playground, sql: string): Promise<readonly unknown[]> => {
  const [, , , , password] = readFileSync(playground.pgpassFile ?? '', 'utf8').trim().split(':')
  const client = new pg.Client({ connectionString: playground.urls.database.replace('@', `:${password}@`) })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

afterEach(async () => {
  for (const playground of started.splice(0)) if (isAlive(playground)) await playground.stop()
  for (const made of folders.splice(0)) {
    await gone(readRunFiles(made), 10_000) // a reaper at work
    rmSync(made, { recursive: true, force: true })
  }
})

describe('a playground', () => {
  it('finds its data and its ports again at the second start, and leaves no process', async () => {
    const dataDir = folder()
    const first = await start({ dataDir })
    await query(first, 'create table kept as select 7 as n')
    const processes = everyProcess(dataDir)
    expect(processes.length).toBeGreaterThan(5)
    await first.stop()
    expect(processes.filter(isAlive)).toEqual([])
    expect(readRunFiles(dataDir)).toEqual([])

    const second = await start({ dataDir })
    expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }])
    expect(second.token).toBe(first.token)
    expect(second.urls).toEqual(first.urls)
  })

  it('leaves no process within ten seconds of kill -9 of its supervisor, stopped ones included', async () => {
    const dataDir = folder()
    const playground = await start({ dataDir })
    const processes = everyProcess(dataDir)
    const stopped = readRunFiles(dataDir).filter(({ part }) => part === 'minio' || part === 'nats-server')
    expect(stopped.length).toBe(2)
    for (const { pid } of stopped) process.kill(pid, 'SIGSTOP')
    await playground.kill()
    expect(await gone(processes, 10_000)).toBe(true)
  })

  it('ends what is left of a run whose supervisor and reaper were both killed, then starts', async () => {
    const dataDir = folder()
    const first = await start({ dataDir })
    const left = everyProcess(dataDir).filter(({ pid }) => pid !== first.pid)
    const reaper = readRunFiles(dataDir).find(({ role }) => role === 'reaper')
    process.kill(reaper?.pid ?? 0, 'SIGKILL')
    await first.kill()
    expect(left.filter(isAlive).length).toBeGreaterThan(3)

    const second = await start({ dataDir })
    expect(left.filter(isAlive)).toEqual([])
    expect(second.urls).toEqual(first.urls)
  })

  it('starts a server again that was killed', async () => {
    const dataDir = folder()
    await start({ dataDir })
    const before = readRunFiles(dataDir).find(({ part }) => part === 'nats-server')
    process.kill(before?.pid ?? 0, 'SIGKILL')
    await expect.poll(() => readRunFiles(dataDir).find(({ part }) => part === 'nats-server')?.pid ?? before?.pid, { timeout: 10_000 }).not.toBe(before?.pid)
  })

  it('refuses a data folder that another one serves from', async () => {
    const dataDir = folder()
    const first = await start({ dataDir })
    await expect(start({ dataDir })).rejects.toThrow(new RegExp(`already runs on the data .* \\(process ${first.pid}\\)`))
    expect(isAlive(first)).toBe(true)
  })

  it('runs beside another one', async () => {
    const [one, other] = await Promise.all([start({ dataDir: folder() }), start({ dataDir: folder() })])
    expect(one.urls).not.toEqual(other.urls)
    expect(one.token).not.toBe(other.token)
  })
})

describe('a start that fails', () => {
  it('names the variable of a port that is taken, and leaves nothing', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    const dataDir = folder()
    const ports = { NATS_URL: `nats://127.0.0.1:${port}`, OBJECT_STORE_URL: 'http://127.0.0.1:0', POSTGRES_PORT: '0' }
    await expect(start({ dataDir, ports: 'configured', env: ports })).rejects.toThrow(new RegExp(`Port ${port} \\(NATS_URL\\) is taken`))
    expect(readRunFiles(dataDir)).toEqual([])
    other.close()
  })

  it('shows the end of the log of the part that failed, and ends the others', async () => {
    const dataDir = folder()
    const first = await start({ dataDir })
    await first.stop()
    writeFileSync(join(dataDir, 'minio', '.minio.sys', 'format.json'), 'not json')
    await expect(start({ dataDir })).rejects.toThrow(/minio ended with code 1 before it was ready.*minio\.log/s)
    expect(readRunFiles(dataDir)).toEqual([])
  })

  it('names a wrong value', async () => {
    await expect(start({ dataDir: folder(), env: { HTTP_PORT: 'eighty' } })).rejects.toThrow(/Configuration: HTTP_PORT/)
  })
})

// anybody else runs PostgreSQL as they are
if (process.getuid?.() === 0) {
  describe('a playground of root', () => {
    it('finds a place for PostgreSQL where the user it runs as can reach it', async () => {
      const closed = folder()
      chmodSync(closed, 0o700)
      const first = await start({ dataDir: closed })
      await query(first, 'create table kept as select 7 as n')
      const place = readFileSync(join(closed, 'postgres.place'), 'utf8')
      await first.stop()
      const second = await start({ dataDir: closed })
      expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }])
      await second.stop()

      rmSync(closed, { recursive: true })
      const other = folder()
      chmodSync(other, 0o700)
      await start({ dataDir: other }) // and clears away what belongs to no data folder any more
      expect(existsSync(place)).toBe(false)
    })
  })
}
