import { join } from 'node:path'
import { nodeOptionsOf } from '../agent/plans.ts'
import { functionNames } from '../bundles/functions.ts'
import { ROOT } from '../bundles/root.ts'
import { bundlePart } from './bundle-part.ts'
import { bundleSlotImage } from './bundle-slot.ts'
import { copyDockerfile, NOBODY, type Image } from './image.ts'

type PartOptions = {
  /** Of its main, below infra/. */
  readonly folder?: string
  /** 0 only where what it has to reach belongs to root. */
  readonly user?: number
  /** Below /tmp unless others share it. */
  readonly dataDir?: string
  readonly beside?: () => readonly string[]
  readonly files?: readonly string[]
}

const part = (name: string, title: string, { folder = name, user = NOBODY, dataDir = '/tmp/data', beside = () => [], files = [] }: PartOptions = {}): Image => ({
  name, title, base: 'node', settings: { RUN_AS: String(user), DATA_DIR: dataDir },
  fill: async (context) => {
    copyDockerfile('part.Dockerfile', context)
    await bundlePart({ root: ROOT, entry: `infra/${folder}/main.ts`, beside: beside(), files }, join(context, 'app'))
  },
})

/** What the gateway can run in its own process (FUNCTION_HOST=in-process): the code of all functions, read when one is deployed. */
const handlers = (): readonly string[] => functionNames().map((name) => `functions/${name}/handler.ts`)

/** Everything of the platform but its functions. */
export const PARTS: readonly Image[] = [
  part('gateway', 'Gateway of functions: the OpenFaaS REST API', { beside: handlers, files: ['stack.yml', 'docs/openapi.json', 'docs/asyncapi.json'] }),
  part('dispatcher', 'Delivers events to functions and subscribers'),
  part('projector', 'Keeps the read models'),
  part('credentials', 'Mints credentials for the object store'),
  part('edge', 'Edge control: the maps of HAProxy, and the waker', { dataDir: '/run' }), // /run/edge is HAProxy's as well
  part('agent', 'Owns the slots of a node', { user: 0 }), // as the cgroups it freezes and the Engine's socket are root's
  part('slot-keeper', 'Keeps warm slots on all nodes'),
  part('init', 'Makes the secrets of a single host', { folder: 'compose', user: 0 }), // as volumes are made root's, and it gives them away
  {
    name: 'slot', title: 'A warm ONE Record server', base: 'node', settings: { RUN_AS: String(NOBODY), NODE_OPTIONS: nodeOptionsOf('small') },
    fill: async (context) => {
      copyDockerfile('slot.Dockerfile', context)
      await bundleSlotImage(context)
    },
  },
  { name: 'haproxy', title: 'HAProxy, configured by edge control', base: 'haproxy', settings: { RUN_AS: String(NOBODY) }, fill: async (context) => copyDockerfile('haproxy.Dockerfile', context) },
]
