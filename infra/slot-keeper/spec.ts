import { createHash } from 'node:crypto'
import type { ServiceSpec } from 'dockerode'
import type { Plan } from '../../events/deployment/settings.ts'
import { nodeOptionsOf, PLANS } from '../agent/plans.ts'
import type { Config } from '../config.ts'
import type { SlotEnvironment } from '../slot/start.ts'
import { CONTROL_FOLDER, SLOT_LABEL } from './labels.ts'

/** What a generation is made of besides its plan. */
export type Making = Pick<Config, 'SLOT_POOL' | 'SLOT_NETWORK' | 'SLOT_CONTROL_VOLUME' | 'MAX_SLOTS'> & {
  readonly image: string
  /** Of an image that only this node has: its id, since the name may mean another one tomorrow. */
  readonly imageId: string | null
}

const MB = 1024 * 1024
const SECOND = 1_000_000_000
/** Nobody on any machine. */
const USER = '10001:10001'
/** A slot that is told to end has so long to answer what it has, seconds. */
const GRACE_SECONDS = 30
/** A slot that ends is replaced after a moment: one that cannot begin does not keep a node busy. */
const REPLACED_AFTER_SECONDS = 1

/** The slot services of one plan and one image: what is in here decides which generation they are. */
const taskOf = (plan: Plan, { image, SLOT_NETWORK, SLOT_CONTROL_VOLUME, MAX_SLOTS }: Making) => {
  const { memoryMb, cpus, pids, files, tmpMb } = PLANS[plan].container
  const environment: SlotEnvironment = { SLOT_CONTROL: CONTROL_FOLDER, SLOT_HOST: '0.0.0.0' }
  return {
    ContainerSpec: {
      Image: image,
      Env: Object.entries({ ...environment, NODE_OPTIONS: nodeOptionsOf(plan) }).map(([name, value]) => `${name}=${value}`),
      User: USER, ReadOnly: true, CapabilityDrop: ['ALL'], Privileges: { NoNewPrivileges: true }, // the last from Engine 23 on
      Ulimits: [{ Name: 'nofile', Soft: files, Hard: files }, { Name: 'core', Soft: 0, Hard: 0 }],
      StopSignal: 'SIGTERM', StopGracePeriod: GRACE_SECONDS * SECOND,
      HealthCheck: { Test: ['NONE'] }, // one in a frozen container hangs
      Mounts: [
        { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: tmpMb * MB, Mode: 0o1777 } },
        {
          Type: 'volume', Source: SLOT_CONTROL_VOLUME, Target: CONTROL_FOLDER.slice(0, -1),
          // a drop box: slots make their sockets there, and see no others
          VolumeOptions: { NoCopy: true, DriverConfig: { Name: 'local', Options: { type: 'tmpfs', device: 'tmpfs', o: 'size=16m,mode=1733' } } },
        },
      ],
    },
    Resources: { Limits: { MemoryBytes: memoryMb * MB, NanoCPUs: cpus * SECOND, Pids: pids } },
    RestartPolicy: { Condition: 'on-failure', Delay: REPLACED_AFTER_SECONDS * SECOND }, // one that ends in order is nobody's loss
    Placement: { Preferences: [{ Spread: { SpreadDescriptor: 'node.id' } }], MaxReplicas: MAX_SLOTS },
    LogDriver: { Name: 'json-file', Options: { 'max-size': '1m', 'max-file': '2' } },
    Networks: [{ Target: SLOT_NETWORK }],
  }
}

/** Ten characters that say what its slots are: the same image and limits are the same generation, whoever makes it. */
export const generationOf = (plan: Plan, making: Making): string =>
  createHash('sha256').update(JSON.stringify([plan, making.imageId, taskOf(plan, making)])).digest('hex').slice(0, 10)

/** `slot_small_0123456789` */
export const serviceName = (plan: Plan, generation: string, { SLOT_POOL }: Pick<Making, 'SLOT_POOL'>): string => `${SLOT_POOL}_${plan}_${generation}`

export const serviceSpec = (plan: Plan, replicas: number, fence: number, making: Making): ServiceSpec => {
  const generation = generationOf(plan, making)
  const labels = { [SLOT_LABEL.pool]: making.SLOT_POOL, [SLOT_LABEL.plan]: plan, [SLOT_LABEL.generation]: generation }
  const { ContainerSpec, ...task } = taskOf(plan, making)
  return {
    Name: serviceName(plan, generation, making),
    Labels: { ...labels, [SLOT_LABEL.fence]: String(fence) },
    TaskTemplate: { ...task, ContainerSpec: { ...ContainerSpec, Labels: labels } },
    Mode: { Replicated: { Replicas: replicas } },
    EndpointSpec: { Mode: 'dnsrr' },
  } as ServiceSpec // its type lacks what the API has had since 1.41: pids, ulimits, capabilities
}
