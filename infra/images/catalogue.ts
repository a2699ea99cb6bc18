import { readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeOptionsOf } from '../agent/plans.ts'
import type { BaseName } from './bases/pins.ts'
import { bundlePart } from './bundle-part.ts'
import { bundleSlotImage } from './bundle-slot.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** One image that is built here. `fill` puts what its Dockerfile copies into the folder that is the build's context. */
export type Image = {
  readonly name: string
  /** One line about it: the label org.opencontainers.image.title. */
  readonly title: string
  /** What it begins with. */
  readonly base: BaseName
  /** Of infra/images/files. */
  readonly dockerfile: 'part.Dockerfile' | 'slot.Dockerfile' | 'haproxy.Dockerfile'
  /** Numeric; 0 only where what it has to reach belongs to root. */
  readonly user: number
  /** Further build arguments. */
  readonly settings: Readonly<Record<string, string>>
  fill(context: string): Promise<void>
}

/** Nobody on any machine: files of the host and of other containers that belong to people are not its. */
const NOBODY = 10_001

type PartOptions = { readonly user?: number; /** Below /tmp unless others share it. */ readonly dataDir?: string; readonly beside?: () => readonly string[]; readonly files?: readonly string[] }

const part = (name: string, title: string, { user = NOBODY, dataDir = '/tmp/data', beside = () => [], files = [] }: PartOptions = {}): Image => ({
  name, title, base: 'node', dockerfile: 'part.Dockerfile', user, settings: { DATA_DIR: dataDir },
  fill: (context) => bundlePart({ root: ROOT, entry: `infra/${name}/main.ts`, beside: beside(), files }, join(context, 'app')),
})

/** What the gateway can run in its own process (FUNCTION_HOST=in-process): the code of all functions, read when one is deployed. */
const handlers = (): readonly string[] =>
  readdirSync(join(ROOT, 'functions')).map((name) => `functions/${name}/handler.ts`).filter((path) => existsSync(join(ROOT, path)))

export const IMAGES: readonly Image[] = [
  part('gateway', 'Gateway of functions: the OpenFaaS REST API', { beside: handlers, files: ['stack.yml', 'docs/openapi.json', 'docs/asyncapi.json'] }),
  part('dispatcher', 'Delivers events to functions and subscribers'),
  part('projector', 'Keeps the read models'),
  part('credentials', 'Mints credentials for the object store'),
  part('edge', 'Edge control: the maps of HAProxy, and the waker', { dataDir: '/run' }), // /run/edge is HAProxy's as well
  // the cgroups it freezes and the Engine's socket are root\'s
  part('agent', 'Owns the slots of a node', { user: 0 }),
  { name: 'slot', title: 'A warm ONE Record server', base: 'node', dockerfile: 'slot.Dockerfile', user: NOBODY, settings: { NODE_OPTIONS: nodeOptionsOf('small') }, fill: bundleSlotImage },
  { name: 'haproxy', title: 'HAProxy, configured by edge control', base: 'haproxy', dockerfile: 'haproxy.Dockerfile', user: NOBODY, settings: {}, fill: async () => {} },
]
