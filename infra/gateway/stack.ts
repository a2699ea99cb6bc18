import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { functionNameSchema, functionSpecSchema, type FunctionSpec } from './function-spec.ts'
import { substitute } from './substitution.ts'

const texts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
const list = z.union([z.string().transform((one) => [one]), z.array(z.string())])
const resources = z.object({ memory: z.string().optional(), cpu: z.union([z.string(), z.number()]).transform(String).optional() })

// As the CLI does: keys it does not know are left alone. Those of the build (handler, lang, build_args, ...) are no gateway's business.
const entrySchema = z.object({
  image: z.string().min(1),
  namespace: z.string().optional(),
  fprocess: z.string().optional(),
  environment: texts.optional(),
  environment_file: list.optional(),
  secrets: z.array(z.string()).optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
  limits: resources.optional(),
  requests: resources.optional(),
  constraints: z.array(z.string()).optional(),
  readonly_root_filesystem: z.boolean().optional(),
})
const stackSchema = z.object({
  version: z.union([z.literal(1), z.literal('1.0')], 'must be 1.0').optional(),
  provider: z.object({ name: z.literal('openfaas', 'must be openfaas') }),
  functions: z.record(functionNameSchema, entrySchema).default({}),
})
const environmentFileSchema = z.object({ environment: texts.default({}) })

/** The functions of a stack file, ready to deploy. `environment_file` is relative to it. @throws Error that names file and key */
export const readStack = (path: string, environment: Readonly<Record<string, string | undefined>>): readonly FunctionSpec[] => {
  const { functions } = parseYaml(path, stackSchema, (text) => substitute(text, environment))
  return Object.entries(functions).map(([name, entry]) => specOf(path, name, entry))
}

const specOf = (path: string, name: string, entry: z.output<typeof entrySchema>): FunctionSpec => {
  const fromFiles = (entry.environment_file ?? []).map((file) => parseYaml(resolve(dirname(path), file), environmentFileSchema).environment)
  const spec = functionSpecSchema.safeParse({
    service: name,
    image: entry.image,
    namespace: entry.namespace,
    envProcess: entry.fprocess,
    envVars: fromFiles.reduce((all, more) => ({ ...all, ...more }), entry.environment ?? {}),
    secrets: entry.secrets,
    labels: entry.labels,
    annotations: entry.annotations,
    limits: entry.limits,
    requests: entry.requests,
    constraints: entry.constraints,
    readOnlyRootFilesystem: entry.readonly_root_filesystem,
  })
  if (!spec.success) throw wrong(path, spec.error, ['functions', name])
  return spec.data
}

const parseYaml = <T>(path: string, schema: z.ZodType<T>, prepare: (text: string) => string = (text) => text): T => {
  const result = schema.safeParse(loadYaml(path, prepare))
  if (!result.success) throw wrong(path, result.error)
  return result.data
}

const loadYaml = (path: string, prepare: (text: string) => string): unknown => {
  try {
    return parse(prepare(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

const wrong = (path: string, { issues }: z.ZodError, within: readonly string[] = []): Error =>
  new Error(issues.map((issue) => `${path}: ${[...within, ...issue.path].join('.') || 'the file'}: ${issue.message}`).join('; '))
