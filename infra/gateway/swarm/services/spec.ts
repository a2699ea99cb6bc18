import { createHash } from 'node:crypto'
import type { ContainerTaskSpec, SecretReference, ServiceSpec, UpdateConfig } from 'dockerode'
import { failure } from '../../../../events/errors.ts'
import type { FunctionSpec } from '../../function-spec.ts'
import type { Runnable } from '../../host.ts'
import { ANNOTATION_PREFIX, isReservedLabel, LABEL, serviceName } from '../labels.ts'
import { parseConstraint } from './constraints.ts'
import { healthCheck } from './health-check.ts'
import { policyOf, type Policy, type Resources } from './policy.ts'
import { nanoseconds } from './quantities.ts'

/** What a service is made with besides what somebody deployed. */
export type Surroundings = {
  readonly scope: string
  /** Ids of networks; the first one is that on which gateways reach it. */
  readonly networks: readonly [string, ...string[]]
  readonly secrets: readonly MountedSecret[]
  /** Under what the function's own environment says. */
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
}
/** `file` in /var/openfaas/secrets; `id` and `name` of the Swarm secret. */
export type MountedSecret = { readonly file: string; readonly id: string; readonly name: string }

/** Where OpenFaaS's own clients look for secrets. */
export const SECRETS_FOLDER = '/var/openfaas/secrets'
/** A group that only a function's processes are in: it reads its secrets as whatever user it runs. */
const SECRETS_GROUP = '65533'
/** Nobody's function forges packets of its neighbours, makes devices or writes the audit log of the host. */
const CAPABILITIES_DROPPED = ['CAP_AUDIT_WRITE', 'CAP_MKNOD', 'CAP_NET_RAW']
const LOGS = { Name: 'json-file', Options: { 'max-size': '10m', 'max-file': '2' } }
/** A replica that ended comes back after so long, milliseconds. */
const RESTART_DELAY_MS = 2_000
/** A replica that fails so soon after it ran counts against the update, milliseconds. */
const MONITOR_MS = 10_000

/** Of a service that runs containers. */
export type FunctionService = ServiceSpec & { readonly TaskTemplate: ContainerTaskSpec }

/** The service of a function, as it is to be. The same function in the same surroundings is the same, byte for byte. @throws as `requireDeployable` */
export const serviceSpec = ({ id, spec, image, replicas }: Pick<Runnable, 'id' | 'spec' | 'image' | 'replicas'>, surroundings: Surroundings): FunctionService => {
  const policy = policyOf(spec, surroundings.timeoutSeconds)
  requireDeployable(spec)
  const task = taskOf(spec, image, policy, surroundings)
  const version = createHash('sha256').update(JSON.stringify(task)).digest('hex').slice(0, 16)
  const { ContainerSpec: container = {} } = task
  return {
    Name: serviceName(surroundings.scope, id),
    Labels: {
      ...spec.labels, ...prefixed(spec.annotations),
      [LABEL.scope]: surroundings.scope, [LABEL.function]: id, [LABEL.network]: surroundings.networks[0],
    },
    TaskTemplate: { ...task, ContainerSpec: { ...container, Labels: { ...container.Labels, [LABEL.version]: version } } },
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: change(policy, replicas, 'rollback', 1),
    RollbackConfig: change(policy, replicas, 'continue', 0),
    // needs no IPVS: gateways know each replica's own address
    EndpointSpec: { Mode: 'dnsrr' },
  }
}

/** What can be said without asking Docker. @throws INVALID_FIELD */
export const requireDeployable = ({ constraints, labels, envVars }: FunctionSpec): void => {
  for (const text of constraints) {
    if (!parseConstraint(text)) throw failure('INVALID_FIELD', { field: 'constraints', reason: `${text} is not as Swarm has it, such as node.labels.zone == eu or node.hostname != node-1` })
  }
  for (const name of Object.keys(labels)) if (isReservedLabel(name) || name === '') throw failure('INVALID_FIELD', { field: 'labels', reason: `${name || 'an empty name'} is reserved` })
  for (const [name, value] of Object.entries(envVars)) {
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) throw failure('INVALID_FIELD', { field: 'envVars', reason: `${JSON.stringify(name)} cannot be a variable` })
  }
}

const taskOf = (spec: FunctionSpec, image: Runnable['image'], policy: Policy, { scope, networks, secrets, environment }: Surroundings): ContainerTaskSpec & { readonly Networks: { Target: string }[] } => {
  const health = healthCheck(policy, image)
  return {
    ContainerSpec: {
      Image: image.reference,
      Labels: { [LABEL.scope]: scope, [LABEL.function]: `${spec.service}.${spec.namespace}`, ...(image.id === undefined ? {} : { [LABEL.imageId]: image.id }) },
      Env: environmentOf(spec, environment),
      Groups: [SECRETS_GROUP],
      ReadOnly: spec.readOnlyRootFilesystem,
      ...(spec.readOnlyRootFilesystem ? { Mounts: [{ Type: 'tmpfs', Source: '', Target: '/tmp', TmpfsOptions: { SizeBytes: policy.tmpBytes, Mode: 0o1777 } }] } : {}),
      Secrets: secrets.toSorted((a, b) => (a.file < b.file ? -1 : 1)).map(mounted),
      ...(policy.stopSignal === null ? {} : { StopSignal: policy.stopSignal }),
      StopGracePeriod: nanoseconds(policy.stopGraceMs),
      ...(health ? { HealthCheck: health } : {}),
      CapabilityDrop: CAPABILITIES_DROPPED,
    },
    Resources: {
      Limits: { ...resources(policy.limits), Pids: policy.pids },
      Reservations: resources(policy.requests),
    },
    RestartPolicy: { Condition: 'any', Delay: nanoseconds(RESTART_DELAY_MS), MaxAttempts: 0 },
    Placement: { Constraints: [...spec.constraints], Preferences: [{ Spread: { SpreadDescriptor: 'node.id' } }], MaxReplicas: policy.maxPerNode },
    LogDriver: LOGS,
    Networks: networks.map((Target) => ({ Target })),
  }
}

/** The function's own says over the platform's; Swarm tells a function who it is as OpenFaaS does. */
const environmentOf = ({ service, namespace, envVars, envProcess, secrets }: FunctionSpec, environment: Readonly<Record<string, string>>): string[] =>
  Object.entries({
    OPENFAAS_NAME: service, OPENFAAS_NAMESPACE: namespace, ...environment,
    ...(secrets.length === 0 ? {} : { secret_mount_path: SECRETS_FOLDER }), ...envVars, ...(envProcess === '' ? {} : { fprocess: envProcess }),
  }).map(([name, value]) => `${name}=${value}`).toSorted()

const mounted = ({ file, id, name }: MountedSecret): SecretReference => ({ File: { Name: `${SECRETS_FOLDER}/${file}`, UID: '0', GID: SECRETS_GROUP, Mode: 0o440 }, SecretID: id, SecretName: name })

const resources = ({ memoryBytes, nanoCpus }: Resources) => ({ ...(memoryBytes === undefined ? {} : { MemoryBytes: memoryBytes }), ...(nanoCpus === undefined ? {} : { NanoCPUs: nanoCpus }) })

/** A node that is full of its replicas has no room for a new one beside the old. */
const change = ({ maxPerNode }: Policy, replicas: number, onFailure: string, parallelism: number): UpdateConfig =>
  ({ Parallelism: parallelism, Order: maxPerNode > 0 && replicas > 1 ? 'stop-first' : 'start-first', FailureAction: onFailure, Monitor: nanoseconds(MONITOR_MS), MaxFailureRatio: 0 })

const prefixed = (annotations: FunctionSpec['annotations']) => Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${ANNOTATION_PREFIX}${name}`, value]))
