import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Identity } from '../local/processes.ts'
import { BEDS, folderOf, NAME } from './names.ts'

const identity = z.strictObject({ pid: z.int(), started: z.string() })

const nodeSchema = z.strictObject({
  /** Its hostname, and so its name in the Swarm. */
  name: z.string(),
  number: z.int(),
  /** On the bridge; the Swarm's own address. */
  address: z.string(),
  /** Path of the engine's unix socket. */
  socket: z.string(),
  /** The host's end of its cable, and its network namespace. */
  link: z.string(),
})
export type BedNode = Readonly<z.infer<typeof nodeSchema>>

const registrySchema = z.strictObject({
  /** host:port, the same for the builder, every node and this machine. */
  address: z.string(),
  user: z.string(),
  password: z.string(),
  /** Path of the certificate that its TLS is checked with. */
  ca: z.string(),
  /** A DOCKER_CONFIG folder that is logged in to it. */
  dockerConfig: z.string(),
})

const bedSchema = z.strictObject({
  name: z.string(),
  phase: z.enum(['starting', 'up']),
  subnet: z.string(),
  /** Address of the bridge: where nodes reach this machine. */
  gateway: z.string(),
  swarm: z.boolean(),
  nodes: z.array(nodeSchema),
  /** An engine in this machine's network namespace: builds here reach what this machine reaches, with `--network host`. */
  builder: z.strictObject({ socket: z.string() }),
  registry: registrySchema,
  /** Whose end is the bed's; null: it stays until it is taken down. */
  owner: identity.nullable(),
  starter: identity,
  /** What was started, by what it is: the bed ends when these have. */
  processes: z.record(z.string(), identity),
})
export type Bed = Readonly<z.infer<typeof bedSchema>>

/** The process whose end is the bed's: until it is up whoever brings it up, then its owner, if any. */
export const neededBy = ({ phase, starter, owner }: Bed): Identity | null => (phase === 'starting' ? starter : owner)

const path = (name: string): string => join(folderOf(name), 'bed.json')

/** The password in it is the registry's: for root alone. */
export const writeBed = (bed: Bed): Bed => {
  writeFileSync(`${path(bed.name)}.new`, JSON.stringify(bed, null, 2), { mode: 0o600 })
  renameSync(`${path(bed.name)}.new`, path(bed.name))
  return bed
}

/** Null when there is none, or when whoever made it did not get as far as to say what it is. */
export const readBed = (name: string): Bed | null => {
  const read = bedSchema.safeParse(contentOf(path(name)))
  return read.success ? read.data : null
}

/** Somebody else may take it down at any moment. */
const contentOf = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Names of all beds of which something is left. */
export const bedNames = (): readonly string[] => (existsSync(BEDS) ? readdirSync(BEDS).filter((name) => NAME.test(name)) : [])
