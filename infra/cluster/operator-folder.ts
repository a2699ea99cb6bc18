import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'

/**
 * What the operator has of a cluster, closed to others: `cluster.env`, its settings, and `secrets/`, one file each. Swarm gives no
 * secret back: without this folder none can be rotated, and nobody knows the passwords. Back it up.
 */
export type OperatorFolder = {
  readonly path: string
  readonly secrets: string
  readonly settings: ClusterSettings
  /** The name of a file in it, for whoever is told a path. */
  file(name: string): string
}

const host = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a host name in lower case')
const settingsSchema = z.object({
  /** Host name of the platform, and the domain under which each deployment has its own. */
  PLATFORM_HOST: host,
  DEPLOYMENTS_DOMAIN: host,
  PUBLIC_SCHEME: z.enum(['http', 'https']).default('http'),
  /** Port of each node's edge. */
  HTTP_PORT: z.coerce.number().int().min(1).max(65_535).default(80),
  /** Port visitors use, if another leads there. */
  PUBLIC_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  IMAGE_TAG: z.string().regex(/^\w[\w.-]{0,127}$/).default('latest'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  OUTBOUND_ALLOW: z.string().default(''),
  /** Of each node's engine; `{{.Node.Hostname}}` stands for the node's name. */
  DOCKER_SOCKET: z.string().startsWith('/').default('/var/run/docker.sock'),
})
export type ClusterSettings = Readonly<z.infer<typeof settingsSchema>>

export const folderPath = (environment: NodeJS.ProcessEnv = process.env): string => environment['CLUSTER_DIR'] || '.data.cluster'

/** @throws Error when there is none, or a setting is wrong */
export const openFolder = (path = folderPath()): OperatorFolder => {
  const file = join(path, 'cluster.env')
  if (!existsSync(file)) throw new Error(`${file} is not there: this command is for where "cluster init" was run (or set CLUSTER_DIR)`)
  const parsed = settingsSchema.safeParse(parseEnv(readFileSync(file, 'utf8')))
  if (!parsed.success) throw new Error(`${file}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
  return { path, secrets: join(path, 'secrets'), settings: parsed.data, file: (name) => join(path, name) }
}

/** Makes the folder, or brings what is given into the one that is there. */
export const writeFolder = (given: Partial<Record<keyof ClusterSettings, string>>, path = folderPath()): OperatorFolder => {
  for (const folder of [path, join(path, 'secrets')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }
  const file = join(path, 'cluster.env')
  const before = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  const parsed = settingsSchema.safeParse({ ...before, ...given })
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  writeFileSync(file, Object.entries(parsed.data).map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 })
  return openFolder(path)
}
