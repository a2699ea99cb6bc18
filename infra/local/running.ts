import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { publicUrl } from '../config.ts'
import type { Environment } from './environment.ts'
import { isAlive, look } from './processes.ts'

/** `DATA_DIR/playground.json`: there while the playground serves, for whoever wants to talk to it. Holds no secret. */
const runningSchema = z.object({
  pid: z.int(), started: z.string(),
  urls: z.object({ platform: z.url(), gateway: z.url(), nats: z.string(), database: z.string(), objectStore: z.url() }),
  /** The platform at each edge, and every gateway. */
  edges: z.array(z.url()), gateways: z.array(z.url()),
  /** `<name>.<this>`, on the port of the platform. */
  deploymentsDomain: z.string(),
  httpPort: z.int(), wakerPort: z.int(),
  /** How often `npm run reload` was heard, and how the last one went. */
  reloads: z.object({ heard: z.int(), failure: z.string().nullable(), said: z.array(z.string()) }),
  dataDir: z.string(), secretsDir: z.string(), tokenFile: z.string(), pgpassFile: z.string().nullable(),
})
export type Running = Readonly<z.infer<typeof runningSchema>>
export type Reloads = Running['reloads']
export const NO_RELOAD: Reloads = { heard: 0, failure: null, said: [] }

const path = (dataDir: string): string => join(dataDir, 'playground.json')

export const announce = ({ config, dataDir, instances, ownDatabase, variables }: Environment, reloads: Reloads): Running => {
  const secretsDir = resolve(config.SECRETS_DIR)
  const running: Running = {
    pid: process.pid, started: look(process.pid)?.started ?? 'never',
    urls: {
      platform: publicUrl(config, config.PLATFORM_HOST), gateway: `http://127.0.0.1:${config.GATEWAY_PORT}`,
      nats: config.NATS_URL, objectStore: config.OBJECT_STORE_URL,
      database: ownDatabase ? config.DATABASE_URL : 'DATABASE_URL', // one from outside may hold a password
    },
    edges: instances.edge.map(({ own }) => `http://${config.PLATFORM_HOST}:${own.HTTP_PORT ?? config.HTTP_PORT}`),
    gateways: instances.gateway.map(({ own }) => `http://127.0.0.1:${own.GATEWAY_PORT ?? config.GATEWAY_PORT}`),
    deploymentsDomain: config.DEPLOYMENTS_DOMAIN, httpPort: config.HTTP_PORT, wakerPort: config.WAKER_PORT,
    reloads,
    dataDir: resolve(dataDir), secretsDir, tokenFile: join(secretsDir, 'operator-token'), pgpassFile: variables['PGPASSFILE'] ?? null,
  }
  writeFileSync(`${path(dataDir)}.new`, `${JSON.stringify(running, null, 2)}\n`)
  renameSync(`${path(dataDir)}.new`, path(dataDir))
  return running
}

export const withdraw = (dataDir: string): void => rmSync(path(dataDir), { force: true })

/** The playground that serves from this data folder, null when none does. */
export const findRunning = (dataDir: string): Running | null => {
  if (!existsSync(path(dataDir))) return null
  const running = runningSchema.safeParse(JSON.parse(readFileSync(path(dataDir), 'utf8')))
  return running.success && isAlive(running.data) ? running.data : null // one of another release nobody here could talk to
}
