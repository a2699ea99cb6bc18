import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from '@nats-io/transport-node'
import { request } from '../../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../../events/deployment/settings.ts'
import { start } from '../../../events/instance/decide.ts'
import type { Instance } from '../../../events/instance/events.ts'
import { caused } from '../../aggregates/append.ts'
import { instancesOf } from '../../aggregates/instances.ts'
import { CLAIM_HEADER, claimHeader } from '../../claim-secret.ts'
import type { Config } from '../../config.ts'
import { ensureBucket } from '../../credentials/bucket.ts'
import { natsCredentials } from '../../credentials/client.ts'
import { connectRoot } from '../../credentials/root.ts'
import { serveCredentials } from '../../credentials/service.ts'
import { memoryHits } from '../../hits/memory.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import { logger } from '../../log.ts'
import { keepStreams } from '../../nats/streams.ts'
import { natsRoutes } from '../../routes/nats.ts'
import { bundleSlot } from '../../slot/bundle.ts'
import { startMinio, startNats } from '../../testing/servers.ts'
import { startAgent, type Agent } from '../agent.ts'
import { natsAgents } from '../client.ts'
import { signalFreezer, type Freezers } from '../freezer.ts'
import type { Claimed, ClaimRequest } from '../port.ts'
import { isAlive } from '../proc.ts'
import { forward } from './forward.ts'
import { processRuntime } from '../process-runtime.ts'
import { reapSlots } from '../reap.ts'
import { readRecords, slotsFolder } from '../slot-records.ts'

export const SIGNING_KEY = 'a key for tests'

const SURROUNDINGS = { OUTBOUND_ALLOW: '', DEPLOYMENTS_DOMAIN: 'play.test', PUBLIC_SCHEME: 'http', PUBLIC_PORT: 0, HTTP_PORT: 80 } as const

/**
 * Real broker, real object store, the real minting service: what agents in a test share. `address`: of this machine, where containers
 * are to reach broker and store; `natsUrl` is the broker's there.
 */
export const startGround = async ({ address }: { readonly address?: string } = {}) => {
  const [nats, minio] = await Promise.all([startNats(), startMinio()])
  const [toNats, toMinio] = address === undefined ? [] : await Promise.all([forward(nats.port, address), forward(minio.port, address)])
  const natsUrl = toNats ? `nats://${address}:${toNats.port}` : nats.url
  const connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  await keepStreams(connection)
  const root = connectRoot({ endpoint: toMinio ? `http://${address}:${toMinio.port}` : minio.url, region: 'us-east-1', bucket: 'one-record', user: minio.user, password: minio.password })
  const log = logger('credentials', 'silent')
  await ensureBucket(root, log)
  serveCredentials(connection, { root, deploymentsKey: 'a key for tests', sweepGraceMs: 60_000 }, log)
  const folder = mkdtempSync(join(tmpdir(), 'orp-agent-'))
  const bundle = await bundleSlot({ entry: join(import.meta.dirname, '../../slot/testing/main.ts'), outfile: join(folder, 'slot.mjs') })
  return {
    nats, natsUrl, minio, connection, root, folder, bundle, store: await jetStreamEventStore({ nc: connection }), routes: natsRoutes(connection),
    stop: async () => {
      await connection.close()
      for (const door of [toNats, toMinio]) door?.stop()
      await Promise.all([nats.stop(), minio.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
export type Ground = Awaited<ReturnType<typeof startGround>>

// whatever a crashed test run leaves is ended with this process
const folders = new Set<string>()
process.once('exit', () => {
  for (const { pid, startTime } of [...folders].flatMap((dataDir) => readRecords(slotsFolder(dataDir)))) if (isAlive(pid, startTime)) process.kill(pid, 'SIGKILL')
})

type Settings = Partial<Pick<Config, 'SPARE_SLOTS' | 'MAX_SLOTS' | 'LEASE_SECONDS' | 'NODE_NAME'>> & { readonly freezers?: Freezers; readonly dataDir?: string; readonly bundle?: string }

/** An agent in this process, its slots real processes; `end` stops it and ends them. */
export const startTestAgent = async (ground: Ground, { freezers = signalFreezer, dataDir = mkdtempSync(join(ground.folder, 'data-')), bundle = ground.bundle, ...changes }: Settings = {}) => {
  const config = { NODE_NAME: 'node-t', NATS_REPLICAS: 1, SPARE_SLOTS: 1, MAX_SLOTS: 6, LEASE_SECONDS: 30, HOST_PROC: '/proc', ...SURROUNDINGS, ...changes }
  folders.add(dataDir)
  const log = logger('agent', process.env['TEST_LOG'] ?? 'silent')
  const hits = memoryHits()
  const runtime = processRuntime({ bundle, dataDir, host: '127.0.0.1', freezers, log })
  const connection = await connect({ servers: ground.nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const agent: Agent = await startAgent({
    connection, config, runtime, hits, log, signingKey: SIGNING_KEY,
    store: await jetStreamEventStore({ nc: connection }), routes: natsRoutes(connection), credentials: natsCredentials(connection),
  })
  const agents = await natsAgents(ground.connection)
  return {
    agent, agents, hits, dataDir, connection, node: config.NODE_NAME,
    /** Stops it and leaves its slots. */
    leave: async () => {
      await agents.close()
      await agent.stop()
      await connection.close()
    },
    end: async () => {
      await agents.close()
      await agent.stop()
      await connection.close()
      await reapSlots(dataDir)
      folders.delete(dataDir)
    },
  }
}

let made = 0

/** A claim of a deployment nobody had before. */
export const newClaim = (changes: Partial<ClaimRequest> = {}): ClaimRequest => {
  const deploymentId = changes.deploymentId ?? `d${process.pid}x${++made}`
  const epoch = changes.epoch ?? 1
  return {
    claimId: `${deploymentId}-${epoch}`, deploymentId, epoch, name: 'demo', plan: 'small', baseUrl: 'http://demo.test',
    settings: { ...DEFAULT_SETTINGS, open: true }, generation: 1, ...changes,
  }
}

/** A request as the edge sends it, on a connection of its own. */
export const visit = (address: string, claimId: string, path = '/', signingKey = SIGNING_KEY) =>
  new Promise<{ readonly status: number; readonly body: { readonly claimId?: string; readonly code?: string; readonly pid?: number; readonly key?: string; readonly worked?: number; readonly erased?: boolean } }>((resolve, reject) => {
    const [host, port] = address.split(':')
    httpRequest({ host, port, path, agent: false, headers: { [CLAIM_HEADER]: claimHeader(signingKey, claimId) } }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(await text(response)) })
    }).once('error', reject).end()
  })

/** The claim's deployment and its instance, as the functions would have written them; also where its slot is. */
export const beginInstance = async ({ store }: Pick<Ground, 'store'>, { claimId, deploymentId, epoch, name, plan, settings }: ClaimRequest, claimed: Claimed): Promise<Instance> => {
  const at = new Date().toISOString()
  const metadata = { correlationId: claimId, actor: 'test' }
  const requested = request({ type: 'RequestDeployment', deploymentId, name, owner: 'operator', plan, settings, at })
  if (epoch === 1) await store.append(`deployment.${deploymentId}`, caused(requested, `request ${deploymentId}`, metadata), 'none')
  const instance: Instance = { claimId, deploymentId, name, epoch, plan, settings: sleepSettings(settings), ...claimed, status: 'running', since: at, startedAt: at, wakes: 0, requests: 0 }
  await instancesOf(store).begin(claimId, start(instance, 'create', 1), `begin ${claimId}`, metadata)
  return instance
}
