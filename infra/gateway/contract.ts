import { z } from 'zod'
import { contract, type RouteContract } from '../functions/contract.ts'
import { functionNameSchema, functionSpecSchema, namespaceNameSchema, removalSchema, resourcesSchema, textsSchema } from './function-spec.ts'
import { namespaceBodySchema } from './namespaces.ts'
import { secretBodySchema, secretRemovalSchema } from './secrets.ts'
import type { SystemRoute } from './system-api.ts'
import { alertSchema } from './system/alert.ts'
import { scaleSchema } from './system/functions.ts'
import { logsQuerySchema } from './system/logs.ts'

const query = z.object({ namespace: z.string().optional().meta({ description: '`openfaas-fn` when it is left out or empty.' }) })
const withUsage = query.extend({ usage: z.string().optional().meta({ description: '`1` or `true`: with what it uses.' }) })
const done = { 202: { description: 'Done: the functions of every gateway are as asked for, or soon are.' } } as const
const stores = ['STORE_UNAVAILABLE', 'STORAGE_FULL'] as const
const count = z.int().min(0)

const functionSchema = z.strictObject({
  name: z.string(), namespace: z.string(), image: z.string(), envProcess: z.string(), envVars: textsSchema, constraints: z.array(z.string()), secrets: z.array(z.string()), labels: textsSchema, annotations: textsSchema,
  limits: resourcesSchema.optional(), requests: resourcesSchema.optional(), readOnlyRootFilesystem: z.boolean(), replicas: count, availableReplicas: count, invocationCount: count, createdAt: z.iso.datetime(),
  usage: z.strictObject({ cpu: z.number().min(0), totalMemoryBytes: count }).optional().meta({ description: 'Of all replicas that tell, where it was asked for; CPU in thousandths of a core.' }),
}).meta({ id: 'FunctionStatus', description: 'A function as it is deployed.' })
const versionSchema = z.strictObject({ release: z.string(), sha: z.string() })
const infoSchema = z.strictObject({
  provider: z.strictObject({ provider: z.string(), orchestration: z.string(), version: versionSchema }), version: versionSchema.extend({ commit_message: z.string() }), arch: z.string(),
}).meta({ id: 'GatewayInfo' })

const FUNCTION: z.input<typeof functionSchema> = {
  name: 'echo', namespace: 'openfaas-fn', image: 'one-record-playground/echo:latest', envProcess: '', envVars: {}, constraints: [], secrets: [], labels: {}, annotations: { public: 'true' }, readOnlyRootFilesystem: false,
  replicas: 1, availableReplicas: 1, invocationCount: 7, createdAt: '2026-03-02T09:00:00.000Z', usage: { cpu: 12, totalMemoryBytes: 104_857_600 },
}
const SPEC = { service: 'echo', image: 'one-record-playground/echo:latest', annotations: { public: 'true' } }
const SECRET = { name: 'api-key', namespace: 'openfaas-fn' }
const version = { release: '0.1.0', sha: '' }

const deploy = { body: functionSpecSchema, example: SPEC, answers: done } as const
const deployable = ['FUNCTION_INVALID', 'IMAGE_NOT_HELD', 'IMAGE_NOT_FOUND', 'HOST_UNAVAILABLE', 'SECRET_NOT_FOUND', ...stores] as const
const namespace = { body: namespaceBodySchema, example: { name: 'team-a', annotations: {}, labels: {} }, answers: done } as const
const secret = { body: secretBodySchema, example: { ...SECRET, value: 'of which nobody hears again' }, answers: done } as const

/** The routes of the router: one that is not told here does not compile. */
const system = {
  'GET /system/functions': { summary: 'List functions', query: withUsage, answers: { 200: { description: 'Those of a namespace.', body: z.array(functionSchema), example: [FUNCTION] } }, problems: [] },
  'POST /system/functions': { ...deploy, summary: 'Deploy a function', problems: ['FUNCTION_EXISTS', ...deployable] },
  'PUT /system/functions': { ...deploy, summary: 'Update a function', problems: ['FUNCTION_NOT_FOUND', ...deployable] },
  'DELETE /system/functions': { summary: 'Remove a function', body: removalSchema, example: { functionName: 'echo' }, answers: done, problems: ['FUNCTION_NOT_FOUND', ...stores] },
  'GET /system/function/:name': { summary: 'Describe a function', query: withUsage, answers: { 200: { description: 'The function.', body: functionSchema, example: FUNCTION } }, problems: ['FUNCTION_NOT_FOUND'] },
  'POST /system/scale-function/:name': { summary: 'Scale a function', query, body: scaleSchema, example: { replicas: 2 }, answers: done, problems: ['FUNCTION_NOT_FOUND', 'FUNCTION_NOT_READY', ...stores] },
  'GET /system/namespaces': { summary: 'List namespaces', answers: { 200: { description: 'Their names.', body: z.array(z.string()), example: ['openfaas-fn'] } }, problems: [] },
  'POST /system/namespace/': { ...namespace, summary: 'Create a namespace', problems: ['NAMESPACE_EXISTS', 'NETWORKS_TAKEN', ...stores] },
  'GET /system/namespace/:name': { summary: 'Describe a namespace', answers: { 200: { description: 'The namespace.', body: z.strictObject({ name: z.string(), annotations: textsSchema, labels: textsSchema }), example: namespace.example } }, problems: ['NAMESPACE_NOT_FOUND'] },
  'PUT /system/namespace/:name': { ...namespace, summary: 'Update a namespace', problems: ['NAMESPACE_NOT_FOUND', ...stores] },
  'DELETE /system/namespace/:name': { summary: 'Remove a namespace', description: 'One that is empty.', answers: done, problems: ['NAMESPACE_NOT_FOUND', 'NAMESPACE_IN_USE', ...stores] },
  'GET /system/secrets': { summary: 'List secrets', description: 'Never their values.', query, answers: { 200: { description: 'Their names.', body: z.array(z.strictObject({ name: z.string(), namespace: z.string() })), example: [SECRET] } }, problems: [] },
  'POST /system/secrets': { ...secret, summary: 'Create a secret', description: 'The value as text, or as bytes in base64 (`rawValue`).', problems: ['SECRET_EXISTS', ...stores] },
  'PUT /system/secrets': { ...secret, summary: 'Update a secret', problems: ['SECRET_NOT_FOUND', ...stores] },
  'DELETE /system/secrets': { summary: 'Remove a secret', body: secretRemovalSchema, example: SECRET, answers: done, problems: ['SECRET_NOT_FOUND', 'SECRET_IN_USE', ...stores] },
  'GET /system/logs': { summary: 'Read the log of a function', description: 'Lines of this gateway, as they come with `follow`.', query: logsQuerySchema, answers: { 200: { description: 'A JSON document a line.', mediaTypes: ['application/x-ndjson'] } }, problems: ['FUNCTION_NOT_FOUND'] },
  'POST /system/alert': {
    summary: 'Scale by alerts', description: 'The webhook of Prometheus Alertmanager.', body: alertSchema, example: { alerts: [{ status: 'firing', labels: { function_name: 'echo' } }] }, answers: done,
    problems: ['FUNCTION_NOT_FOUND', 'FUNCTION_NOT_READY', ...stores],
  },
  'GET /system/info': {
    summary: 'Show what this gateway is',
    answers: { 200: { description: 'Names and versions.', body: infoSchema, example: { provider: { provider: 'one-record-playground', orchestration: 'in-process', version }, version: { ...version, commit_message: '' }, arch: 'x86_64' } } }, problems: [],
  },
} as const satisfies Readonly<Record<SystemRoute, RouteContract>>

/** What the gateway serves beside the router. */
const beside = {
  'GET /healthz': { summary: 'Ask whether the gateway is well', open: true, answers: { 200: { description: 'It is.', mediaTypes: ['text/plain'] } }, problems: [] },
  'GET /metrics': { summary: 'Read metrics', answers: { 200: { description: 'In Prometheus\' text format.', mediaTypes: ['text/plain'] } }, problems: [] },
  'POST /function/:name': {
    summary: 'Call a function', description: 'With any method, any body, any path after the name: the function answers. One that takes events takes signed deliveries only, and the gateway\'s user.', open: true,
    answers: { 200: { description: 'What the function says.', mediaTypes: ['*/*'] } }, problems: ['FUNCTION_NOT_FOUND', 'NOT_PUBLIC', 'UNSIGNED_DELIVERY', 'FUNCTION_FAILED', 'FUNCTION_NOT_READY', 'FUNCTION_STARTING', 'FUNCTION_CROWDED', 'FUNCTION_BROKE_OFF', 'FUNCTION_TIMEOUT'],
  },
  'POST /async-function/:name': {
    summary: 'Call a function later', description: 'Queued durably; the result is posted to the address in `X-Callback-Url`, where one is given.', open: true,
    answers: { 202: { description: 'It is queued.' } }, problems: ['FUNCTION_NOT_FOUND', 'NOT_PUBLIC', 'UNSIGNED_DELIVERY', 'BODY_TOO_LARGE', 'QUEUE_FULL', ...stores],
  },
} as const satisfies Readonly<Record<string, RouteContract>>

export const systemContract = contract({
  name: 'gateway',
  title: 'Gateway',
  description: 'The OpenFaaS REST API: what `faas-cli` speaks. At the gateway\'s own port, for operators; who names no media type in `Accept` gets the sentence of a problem alone, which is what the CLI prints.',
  security: 'gateway',
  params: { name: z.union([functionNameSchema, namespaceNameSchema]).meta({ description: 'Name of the function or namespace.', example: 'echo' }) },
  routes: { ...system, ...beside },
})
