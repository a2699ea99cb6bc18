import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { roomOn } from '../disk/room.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { freePort } from '../testing/servers.ts'
import { maySmallDisk, smallDisk, type SmallDisk } from '../testing/small-disk.ts'
import { mendBroker, type FullDisk } from './full-disk.ts'
import { logFile } from './log-file.ts'
import { HASTY } from './reap.ts'
import { makeSecrets } from './secrets.ts'
import { nats } from './servers/nats.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

process.env['LOG_LEVEL'] = 'silent'

const possible = maySmallDisk()
let disk: SmallDisk
let supervisor: Supervisor
let broker: FullDisk
const reports: string[] = []

beforeAll(() => {
  if (possible) disk = smallDisk(64)
})
afterEach(async () => {
  broker?.stop()
  await supervisor?.stop(HASTY)
})
afterAll(() => {
  if (possible) disk.unmount()
})

it.skipIf(!possible)('a broker that met the end of its disk serves again by itself when there is room, with all that it acknowledged', async () => {
  const port = await freePort()
  const dataDir = disk.folder
  const config = readConfig({ DATA_DIR: dataDir, SECRETS_DIR: `${dataDir}/secrets`, NATS_URL: `nats://127.0.0.1:${port}` })
  makeSecrets(config)
  supervisor = createSupervisor({ dataDir, parts: [nats({ config, dataDir, ports: { NATS_URL: port } })], report: (text) => reports.push(text), onLine: (part, line) => broker?.hear(part, line) })
  broker = mendBroker({ room: roomOn(dataDir, config.DISK_RESERVE_MB), restart: supervisor.restart, report: (text) => reports.push(text), everyMs: 50 })
  await supervisor.start()
  const nc = await connectNats(config, 'test')
  await ensureStreams(nc)

  let acknowledged = 0
  const publish = () => jetstream(nc).publish('events.test.full', new Uint8Array(40_000), { timeout: 1_000, retries: 0 }).then(() => (acknowledged += 1))
  await publish()
  disk.fill(1_000_000)
  await expect((async () => { for (;;) await publish() })()).rejects.toThrow()
  expect(acknowledged).toBeGreaterThan(5)
  const before = acknowledged
  await expect(publish()).rejects.toThrow() // and it stays so, room or none, until it starts again

  disk.clear()
  await expect.poll(() => publish().then(() => true, () => false), { timeout: 30_000 }).toBe(true)
  expect(reports.join('\n')).toContain('there is room again; starting nats-server again')
  const { state } = await (await jetstreamManager(nc)).streams.info('EVENTS')
  expect(state.messages).toBeGreaterThanOrEqual(before + 1)
  await nc.close()
}, 60_000)

it.skipIf(!possible)('a log loses lines while there is no room for them, says how many, and nobody ends of it', () => {
  const log = logFile(`${disk.folder}/logs/part.log`)
  log.write('before')
  disk.fill(0)
  for (let line = 0; line < 100; line += 1) log.write('x'.repeat(1_000))
  disk.clear()
  log.write('after')
  expect(log.tail(2)).toEqual([expect.stringMatching(/^\d+ lines were lost: there was no room for them$/), 'after'])
})
