import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { projections } from '../../projections/index.ts'
import type { HistoryItem } from '../demo/history.ts'
import { Receiver } from '../dispatcher/endpoints/testing.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { gone, isAlive } from '../local/processes.ts'
import { readRunFiles } from '../local/run-files.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { decodeCommit } from '../one-record/store/commit.ts'
import { connectPostgres } from '../postgres/connect.ts'
import { catchUp } from '../projector/session.ts'
import { dump, startDatabase } from '../projector/testing.ts'
import { startPostgres } from '../testing/servers.ts'
import { readManifest } from './manifest.ts'
import { readTar } from './tar.ts'
import { command, people, type Deployment, type Kept } from './testing.ts'

const CALM = { PAUSE_AFTER_SECONDS: '3600', HIBERNATE_AFTER_SECONDS: '3600', SPARE_SLOTS: '1', LEASE_SECONDS: '10', HEAL_EVERY_SECONDS: '2', OUTBOUND_ALLOW: '127.0.0.1/32' }
const SLOW = { timeout: 90_000, interval: 200 }

let folder: string
const running: Playground[] = []
const start = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<Playground> => {
  const playground = await startPlayground({ dataDir: join(folder, name), env: { ...CALM, ...env } })
  running.push(playground)
  return playground
}
const stopAll = async (): Promise<void> => {
  for (const playground of running.splice(0)) if (isAlive(playground)) await playground.stop()
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orp-restore-'))
  chmodSync(folder, 0o711)
})
afterEach(stopAll)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** For hooks, where there is no expect.poll. */
const until = <T>(look: () => Promise<T>, wanted: T): Promise<void> => vi.waitFor(async () => expect(await look()).toBe(wanted), SLOW)

type Life = { readonly subscription: string; readonly publicPort: string; readonly deployments: readonly Deployment[]; readonly histories: ReadonlyMap<string, readonly HistoryItem[]>; readonly objects: readonly Kept[] }

describe('a playground that is backed up at work, on three nodes', () => {
  const backup = () => join(folder, 'backup')
  const receiver = new Receiver()
  let before: Life

  afterAll(() => receiver.stop())
  beforeAll(async () => {
    await receiver.start()
    const playground = await start('here', { AGENTS: '3' })
    const { api, close, deploy, get, history, list, post, revise, status, subscriptions } = people(playground)
    const { id: subscription, secret } = await subscriptions('', { url: receiver.url, topics: ['events.deployment.*'] })
    receiver.secret = secret
    const names = ['runs', 'paused', 'away', 'closed', 'gone', 'busy', 'restless']
    const ids = new Map<string, string>()
    for (const name of names) ids.set(name, (await deploy(name)).id)
    const idOf = (name: string) => ids.get(name) ?? ''
    for (const name of names) await until(() => status(idOf(name)), 'running')
    await until(async () => receiver.received.length >= names.length, true)
    await subscriptions(`/${subscription}/pause`) // what follows it hears from the restored one
    const kept: (readonly [string, string])[] = []
    for (const name of ['runs', 'paused', 'away', 'closed']) {
      for (let n = 0; n < 3; n += 1) kept.push([name, await post(name)])
      await revise(name, kept.at(-1)?.[1] ?? '')
    }
    const objects = await Promise.all(kept.map(([name, path]) => get(name, path)))
    await api.call('POST', `/${idOf('closed')}/stop`)
    await api.call('DELETE', `/${idOf('gone')}`)
    await api.call('PATCH', `/${idOf('runs')}/settings`, { pauseAfterSeconds: 1_234 })
    const settled = { closed: 'stopped', gone: 'deleted', paused: 'paused', away: 'hibernated' }
    for (const [name, wanted] of Object.entries(settled)) {
      await until(async () => {
        if (name === 'paused') await api.call('POST', `/${idOf(name)}/pause`)
        if (name === 'away') await api.call('POST', `/${idOf(name)}/hibernate`)
        return status(idOf(name))
      }, wanted)
    }

    // at work: one is written to, one gets a new claim again and again
    let working = true
    const acknowledged: { readonly at: number; readonly path: string }[] = []
    const writing = (async () => {
      while (working) {
        const path = await post('busy')
        acknowledged.push({ at: Date.now(), path })
      }
    })()
    const claiming = (async () => {
      while (working) {
        await api.call('POST', `/${idOf('restless')}/restart`)
        await until(() => status(idOf('restless')), 'running')
      }
    })()
    await until(async () => acknowledged.length > 20, true)
    expect(await command('backup', ['--to', backup(), '--data-dir', join(folder, 'here'), '--include-secrets'])).toMatchObject({ code: 0 })
    working = false
    await Promise.all([writing, claiming])

    const { startedAt, endedAt } = readManifest(backup())
    const counted = acknowledged.filter(({ at }) => at < Date.parse(startedAt))
    expect(counted.length).toBeGreaterThan(20)
    objects.push(...(await Promise.all(counted.map(({ path }) => get('busy', path)))))
    const deployments = await list()
    const histories = new Map<string, readonly HistoryItem[]>()
    for (const [name, id] of ids) histories.set(id, (await history(id)).filter(({ at }) => Date.parse(at) < Date.parse(name === 'restless' ? startedAt : endedAt)))
    expect(receiver.received.map(({ type }) => type)).not.toContain('DeploymentDeleted')
    before = { subscription, publicPort: String(playground.httpPort), deployments, histories, objects }
    close()
    await stopAll()
  })

  test('is there again on another machine: each deployment, its history and every object that was acknowledged', async () => {
    expect(await command('restore', ['--from', backup(), '--data-dir', join(folder, 'there')])).toMatchObject({ code: 0 })
    // other ports, under the address that the objects carry
    const playground = await start('there', { PUBLIC_PORT: before.publicPort })
    expect(playground.httpPort).not.toBe(Number(before.publicPort))
    expect(playground.token).toBe(readFileSync(join(folder, 'here', 'secrets', 'operator-token'), 'utf8').trim())
    const { api, ask, close, get, history, list, post, status, subscriptions } = people(playground)

    const named = (all: readonly Deployment[]) => all.map(({ id, name }) => `${name} ${id}`).toSorted()
    await expect.poll(async () => named(await list()), SLOW).toEqual(named(before.deployments))
    for (const [id, known] of before.histories) {
      await expect.poll(async () => (await history(id)).slice(0, known.length), SLOW).toEqual(known)
    }
    // what ran runs again by itself, what slept when it is visited; what was ended stays so
    const idOf = (name: string) => before.deployments.find((one) => one.name === name)?.id ?? ''
    for (const name of ['runs', 'busy', 'restless']) await expect.poll(() => status(idOf(name)), SLOW).toBe('running')
    expect((await api.call<{ settings: { pauseAfterSeconds: number } }>('GET', `/${idOf('runs')}`)).settings.pauseAfterSeconds).toBe(1_234)
    expect([await status(idOf('closed')), (await ask('gone', '/')).status]).toEqual(['stopped', 410])
    await api.call('POST', `/${idOf('closed')}/start`)
    for (const name of ['runs', 'paused', 'away', 'closed', 'busy', 'restless']) await expect.poll(async () => (await ask(name, '/')).status, SLOW).toBe(200)
    for (const object of before.objects) expect(await get(object.name, object.path)).toEqual(object)

    // life goes on
    for (const name of ['runs', 'paused', 'busy', 'restless']) {
      const path = await post(name)
      await api.call('POST', `/${idOf(name)}/hibernate`)
      await expect.poll(() => status(idOf(name)), SLOW).toBe('hibernated')
      expect(await get(name, path)).toMatchObject({ revision: '1' })
    }
    await epochsAreKnown(playground, backup())
    await subscriptions(`/${before.subscription}/resume`)
    await allAreHeard(playground, receiver)
    await readModelsAreAsBuiltAnew(playground)
    close()
  })

  test('is refused where there is data; killed or ended in the middle, a restore leaves what was there', async () => {
    const dataDir = join(folder, 'there')
    const there = () => readdirSync(dataDir).toSorted()
    const was = there()
    expect(await command('restore', ['--from', backup(), '--data-dir', dataDir])).toMatchObject({ code: 1, output: expect.stringContaining('--replace') })
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const ended = await command('restore', ['--from', backup(), '--data-dir', dataDir, '--replace'], { onLine: (line, end) => (line.includes('EVENTS: back') ? end(signal) : undefined) })
      expect(ended).toMatchObject(signal === 'SIGTERM' ? { code: 1 } : { signal })
      await gone(readRunFiles(`${dataDir}.restoring`).filter(({ role }) => role !== 'supervisor'), 15_000)
      expect(there()).toEqual(signal === 'SIGTERM' ? was : expect.arrayContaining(was))
    }
    expect(await command('restore', ['--from', backup(), '--data-dir', dataDir, '--replace'])).toMatchObject({ code: 0 })
    expect(readdirSync(folder).filter((name) => name.startsWith('there.'))).toEqual([expect.stringMatching(/^there\.before-/)])
  })

  test('a backup that was changed, or has no end, brings nothing', async () => {
    const dataDir = join(folder, 'nowhere')
    const file = join(backup(), 'records.tar')
    const content = readFileSync(file)
    content[600] = (content[600] ?? 0) ^ 1
    writeFileSync(file, content)
    expect(await command('restore', ['--from', backup(), '--data-dir', dataDir])).toMatchObject({ code: 1, output: expect.stringContaining('records.tar was changed') })
    rmSync(join(backup(), 'manifest.json'))
    expect(await command('restore', ['--from', backup(), '--data-dir', dataDir])).toMatchObject({ code: 1, output: expect.stringContaining('no manifest.json') })
    expect(existsSync(dataDir)).toBe(false)
  })
})

test('an older backup over a database that is ahead: read models are those of the backup', async () => {
  const database = await startPostgres()
  try {
    const env = { DATABASE_URL: database.url }
    const { urls, ...ahead } = await start('kept', env)
    const first = people({ urls, ...ahead })
    await first.deploy('old')
    await expect.poll(async () => (await first.ask('old', '/')).status, SLOW).toBe(200)
    const path = await first.post('old')
    expect(await command('backup', ['--to', join(folder, 'older'), '--data-dir', join(folder, 'kept')])).toMatchObject({ code: 0 })
    await first.deploy('new')
    await expect.poll(async () => (await first.list()).map(({ name }) => name).toSorted(), SLOW).toEqual(['new', 'old'])
    first.close()
    await stopAll()

    const restored = await command('restore', ['--from', join(folder, 'older'), '--data-dir', join(folder, 'kept'), '--replace'])
    expect(restored).toMatchObject({ code: 0, output: expect.not.stringContaining('another signing key') })
    const playground = await start('kept', env)
    expect(playground.urls.platform).toBe(urls.platform)
    const second = people(playground)
    await expect.poll(async () => (await second.list()).map(({ name }) => name), SLOW).toEqual(['old'])
    await expect.poll(async () => (await second.ask('old', path)).status, SLOW).toBe(200)
    await second.deploy('new')
    await expect.poll(async () => (await second.ask('new', '/')).status, SLOW).toBe(200)
    second.close()
    await stopAll()
  } finally {
    await stopAll()
    await database.stop()
  }
})

test('a backup needs a playground, a new folder and to be told where; one that is ended leaves nothing', async () => {
  const to = join(folder, 'another')
  expect(await command('backup', [])).toMatchObject({ code: 2 })
  expect(await command('backup', ['--nonsense'])).toMatchObject({ code: 2 })
  expect(await command('backup', ['--to', to, '--data-dir', join(folder, 'empty')])).toMatchObject({ code: 1, output: expect.stringContaining('no playground runs') })
  await startPlayground({ dataDir: join(folder, 'small'), env: CALM }).then((playground) => running.push(playground))
  const args = ['--to', to, '--data-dir', join(folder, 'small')]
  expect(await command('backup', args, { onLine: (_, end) => end('SIGTERM') })).toMatchObject({ code: 1 })
  expect(readdirSync(folder).filter((name) => name.startsWith('another'))).toEqual([])
  expect(await command('backup', args, { onLine: (_, end) => end('SIGKILL') })).toMatchObject({ signal: 'SIGKILL' })
  expect(existsSync(to)).toBe(false)
  expect(await command('backup', args)).toMatchObject({ code: 0, output: expect.stringContaining('it holds everything acknowledged before') })
  expect(await command('backup', args)).toMatchObject({ code: 1, output: expect.stringContaining('is not empty') })
})

/** No record knew of a claim that the events of the same backup do not know. */
const epochsAreKnown = async (playground: Playground, backup: string): Promise<void> => {
  const { endedAt } = readManifest(backup)
  const connection = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'test')
  const store = await jetStreamEventStore({ nc: connection })
  const epochs = new Map<string, number>()
  for await (const { name, body } of readTar(join(backup, 'records.tar'))) {
    const [id = '', what] = name.split('/')
    if (what === 'commits') epochs.set(id, Math.max(epochs.get(id) ?? 0, decodeCommit(1, body).header.epoch))
  }
  expect(epochs.size).toBeGreaterThan(0)
  for (const [id, epoch] of epochs) {
    const events = await store.read(`deployment.${id}`)
    expect(events.findLast(({ at }) => Date.parse(at) < Date.parse(endedAt))?.revision).toBeGreaterThanOrEqual(epoch)
  }
  await connection.close()
}

/** Another service has heard every event, whichever machine sent it, signed with the secret it was once told. */
const allAreHeard = async (playground: Playground, receiver: Receiver): Promise<void> => {
  const connection = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'test')
  const store = await jetStreamEventStore({ nc: connection })
  const unheard = async (): Promise<readonly string[]> => {
    const missing: string[] = []
    for await (const { id, type } of store.readAll({ categories: ['deployment'] })) if (!receiver.ids.includes(id)) missing.push(type)
    return missing
  }
  await expect.poll(unheard, SLOW).toEqual([])
  expect(receiver.forged).toEqual([])
  await connection.close()
}

const readModelsAreAsBuiltAnew = async (playground: Playground): Promise<void> => {
  const connection = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'test')
  const store = await jetStreamEventStore({ nc: connection })
  process.env['PGPASSFILE'] = playground.pgpassFile ?? ''
  const shown = connectPostgres({ DATABASE_URL: playground.urls.database }, logger('test', 'silent'))
  const anew = await startDatabase()
  const rows = (db: typeof shown.db) => Promise.all(projections.map((projection) => dump(db, projection)))
  try {
    await expect.poll(async () => {
      for (const projection of projections) await catchUp({ store, postgres: anew.postgres, projection })
      return JSON.stringify(await rows(shown.db)) === JSON.stringify(await rows(anew.db))
    }, SLOW).toBe(true)
  } finally {
    await Promise.all([shown.close(), anew.stop(), connection.close()])
  }
}
