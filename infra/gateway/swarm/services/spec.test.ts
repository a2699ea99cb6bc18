import { describe, expect, test } from 'vitest'
import { functionSpecSchema } from '../../function-spec.ts'
import type { Pinned } from '../../host.ts'
import { LABEL } from '../labels.ts'
import { isSameSpec } from './same-spec.ts'
import { serviceSpec, type Surroundings } from './spec.ts'

const AROUND: Surroundings = { scope: 'fn', networks: ['net-id'], secrets: [], environment: {}, timeoutSeconds: 60 }
const PINNED: Pinned = { reference: 'registry:5000/echo:1@sha256:0' }
const made = (more: object = {}, { image = PINNED, replicas = 1, around = AROUND }: { image?: Pinned; replicas?: number; around?: Surroundings } = {}) =>
  serviceSpec({ id: 'echo.openfaas-fn', spec: functionSpecSchema.parse({ service: 'echo', image: 'registry:5000/echo:1', ...more }), image, replicas }, around)
const container = (...given: Parameters<typeof made>) => made(...given).TaskTemplate.ContainerSpec ?? {}
const versionOf = (...given: Parameters<typeof made>) => container(...given).Labels?.[LABEL.version]
const SECOND = 1e9

describe('the service of a function', () => {
  test('has its name, image, network and replicas; updates are start-first and rolled back; what is written is bounded', () => {
    expect(made({}, { replicas: 3 })).toMatchObject({
      Name: 'fn_echo_openfaas-fn',
      Labels: { [LABEL.scope]: 'fn', [LABEL.function]: 'echo.openfaas-fn', [LABEL.network]: 'net-id' },
      TaskTemplate: {
        ContainerSpec: { Image: 'registry:5000/echo:1@sha256:0', Env: ['OPENFAAS_NAME=echo', 'OPENFAAS_NAMESPACE=openfaas-fn'], ReadOnly: false, StopGracePeriod: 65 * SECOND },
        Resources: { Limits: { Pids: 1_024 }, Reservations: {} }, RestartPolicy: { Condition: 'any' }, Networks: [{ Target: 'net-id' }],
        Placement: { Preferences: [{ Spread: { SpreadDescriptor: 'node.id' } }], MaxReplicas: 0 }, LogDriver: { Name: 'json-file', Options: { 'max-size': '10m', 'max-file': '2' } },
      },
      Mode: { Replicated: { Replicas: 3 } }, EndpointSpec: { Mode: 'dnsrr' },
      UpdateConfig: { Order: 'start-first', FailureAction: 'rollback', Parallelism: 1 }, RollbackConfig: { Order: 'start-first', Parallelism: 0 },
    })
  })

  test('a name too long for DNS ends in a hash, each in its own', () => {
    const names = ['a', 'b'].map((last) => serviceSpec({ image: PINNED, replicas: 1, id: `${'x'.repeat(62)}${last}.${'y'.repeat(63)}`, spec: functionSpecSchema.parse({ service: 'echo', image: 'x' }) }, AROUND).Name ?? '')
    expect([names.map(({ length }) => length), new Set(names).size]).toEqual([[63, 63], 2])
  })

  test('takes limits and requests in bytes and billionths of a core', () => {
    expect(made({ limits: { memory: '128Mi', cpu: '100m' }, requests: { memory: '64M', cpu: '0.05' }, annotations: { 'com.openfaas.limits.pids': '32' } }).TaskTemplate.Resources)
      .toEqual({ Limits: { MemoryBytes: 134_217_728, NanoCPUs: 1e8, Pids: 32 }, Reservations: { MemoryBytes: 64e6, NanoCPUs: 5e7 } })
  })

  test('annotations and labels are labels of the service, so that they change without a new replica', () => {
    const annotated = { annotations: { topic: 'a.b' }, labels: { team: 'cargo' } }
    expect(made(annotated).Labels).toMatchObject({ 'com.openfaas.annotations.topic': 'a.b', team: 'cargo' })
    expect(versionOf(annotated)).toBe(versionOf())
  })

  test.each([
    ['the environment', { envVars: { A: '1' } }, {}], ['the process', { envProcess: 'cat' }, {}], ['the image', {}, { image: { reference: 'other' } }], ['an image of the same tag, built anew', {}, { image: { ...PINNED, id: 'sha256:1' } }],
    ['a secret\'s value', {}, { around: { ...AROUND, secrets: [{ file: 'key', id: '1', name: 'n' }] } }], ['a constraint', { constraints: ['node.role==manager'] }, {}], ['the time to stop', { annotations: { 'com.openfaas.stop.grace': '5s' } }, {}],
  ])('%s makes another version', (_, more, given) => {
    expect(versionOf(more, given)).not.toBe(versionOf())
  })

  test('a read-only root has a /tmp of a size', () => {
    expect(container({ readOnlyRootFilesystem: true, annotations: { 'com.openfaas.tmp.size': '16Mi' } })).toMatchObject({ ReadOnly: true, Mounts: [{ Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 16 * 2 ** 20, Mode: 0o1777 } }] })
  })

  test('secrets are files for a group that only the function is in', () => {
    expect(container({}, { around: { ...AROUND, secrets: [{ file: 'b', id: '2', name: 'fn-b' }, { file: 'a', id: '1', name: 'fn-a' }] } })).toMatchObject({
      Groups: ['65533'], Secrets: [{ File: { Name: '/var/openfaas/secrets/a', UID: '0', GID: '65533', Mode: 0o440 }, SecretID: '1', SecretName: 'fn-a' }, { SecretID: '2' }],
    })
  })

  test('of the platform has a second network; its own environment says over the platform\'s', () => {
    const around: Surroundings = { ...AROUND, networks: ['net-id', 'platform-id'], environment: { NATS_URL: 'nats://nats', LOG_LEVEL: 'info' } }
    expect(made({ envVars: { LOG_LEVEL: 'debug' } }, { around }).TaskTemplate.Networks).toEqual([{ Target: 'net-id' }, { Target: 'platform-id' }])
    expect(container({ envVars: { LOG_LEVEL: 'debug' } }, { around }).Env).toEqual(['LOG_LEVEL=debug', 'NATS_URL=nats://nats', 'OPENFAAS_NAME=echo', 'OPENFAAS_NAMESPACE=openfaas-fn'])
  })

  test('a node that is full of its replicas has no room for one more: then the old one ends first', () => {
    const annotations = { 'com.openfaas.placement.max_per_node': '1' }
    expect([made({ annotations }, { replicas: 3 }).UpdateConfig?.Order, made({ annotations }).UpdateConfig?.Order, made({ annotations }).TaskTemplate.Placement?.MaxReplicas]).toEqual(['stop-first', 'start-first', 1])
  })
})

describe('whether a replica is ready is asked', () => {
  test.each([
    ['of an image that has no way of its own and a shell: does it listen', {}, { gate: 'listens' as const }, ['CMD-SHELL', expect.stringContaining('1F90')]],
    ['at a path', { 'com.openfaas.health.http.path': '/_/ready' }, { gate: 'listens' as const }, ['CMD-SHELL', expect.stringContaining('http://127.0.0.1:8080/_/ready')]],
    ['by a command', { 'com.openfaas.health.command': 'test -e /tmp/.lock' }, {}, ['CMD-SHELL', 'test -e /tmp/.lock']],
    ['not at all', { 'com.openfaas.health.command': 'none' }, { gate: 'listens' as const }, ['NONE']],
    ['as the image says', {}, {}, undefined],
  ])('%s', (_, annotations, more, test) => {
    expect(container({ annotations }, { image: { ...PINNED, ...more } }).HealthCheck?.Test).toEqual(test)
  })
})

describe('what is wrong is named', () => {
  test.each([
    [{ limits: { memory: '128MB' } }, 'limits.memory'], [{ limits: { cpu: '1m' } }, 'limits.cpu'], [{ requests: { memory: '2Gi' }, limits: { memory: '1Gi' } }, 'requests.memory'], [{ constraints: ['zone=eu'] }, 'constraints'],
    [{ labels: { 'one-record.gateway.scope': 'fn' } }, 'labels'], [{ envVars: { 'A=B': '' } }, 'envVars'], [{ annotations: { 'com.openfaas.stop.signal': 'SIGSTOP' } }, 'com.openfaas.stop.signal'],
    [{ annotations: { 'com.openfaas.health.http.path': '/a"; rm -rf /' } }, 'com.openfaas.health.http.path'], [{ annotations: { 'com.openfaas.placement.max_per_node': '-1' } }, 'com.openfaas.placement.max_per_node'], [{ annotations: { 'com.openfaas.tmp.size': '1' } }, 'com.openfaas.tmp.size'],
  ])('%j', (more, field) => {
    expect(() => made(more)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', details: expect.objectContaining({ field }) }))
  })
})

describe('a service as the engine tells it', () => {
  const told = (spec: object): object => JSON.parse(JSON.stringify(spec), (_, value: unknown) => (value === 0 || value === '' || value === false || (Array.isArray(value) && value.length === 0) ? undefined : value)) as object
  test('is the same, whatever the engine leaves out and fills in', () => {
    const spec = made({ envVars: { A: '1' } }, { image: { ...PINNED, gate: 'listens' } })
    const { HealthCheck, ...rest } = spec.TaskTemplate.ContainerSpec ?? {}
    const actual = told({ ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...rest, Healthcheck: HealthCheck, Isolation: 'default', DNSConfig: {}, Init: false }, ForceUpdate: 3, Runtime: 'container' } })
    expect(isSameSpec(spec, actual)).toBe(true)
  })

  test.each([['replicas', made({}, { replicas: 2 })], ['a label', made({ labels: { a: '1' } })], ['the environment', made({ envVars: { A: '1' } })], ['a mount', made({ readOnlyRootFilesystem: true })]])('is another one by %s', (_, other) => {
    expect([isSameSpec(made(), told(other)), isSameSpec(other, told(made()))]).toEqual([false, false])
  })
})
