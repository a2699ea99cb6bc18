import { z } from 'zod'

/** The namespace that is always there, and meant where none is named; the CLI appends it to every name it invokes. */
export const NAMESPACE = 'openfaas-fn'

const label = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'is not a DNS label: a-z, 0-9 and - inside, 63 characters at most')
export const functionNameSchema = label
export const namespaceNameSchema = label
/** Also the name of a file. */
export const secretNameSchema = z.string().max(253).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'is not a DNS subdomain: a-z, 0-9, and - and . inside')
export const textsSchema = z.record(z.string(), z.string())
export const resourcesSchema = z.strictObject({ memory: z.string().optional(), cpu: z.string().optional() })
// Go clients send null for an empty map or list
export const orEmpty = <T extends z.ZodType>(schema: T, empty: z.output<T>) => schema.nullish().transform((value) => value ?? empty)

/** A namespace where one may be named: the default one when it is absent or empty. */
export const namespaceSchema = z.union([namespaceNameSchema, z.literal('')], 'is not a DNS label').nullish().transform((given) => given || NAMESPACE)

/** Body of `POST` and `PUT /system/functions`, as faas-cli sends it. */
export const functionSpecSchema = z.strictObject({
  service: functionNameSchema,
  image: z.string().min(1).max(500),
  namespace: namespaceSchema,
  envProcess: orEmpty(z.string(), ''),
  envVars: orEmpty(textsSchema, {}),
  constraints: orEmpty(z.array(z.string()), []),
  secrets: orEmpty(z.array(secretNameSchema), []),
  labels: orEmpty(textsSchema, {}),
  annotations: orEmpty(textsSchema, {}),
  // absent, not empty: the CLI prints an empty one as a heading with nothing under it
  limits: resourcesSchema.nullish().transform((value) => value ?? undefined),
  requests: resourcesSchema.nullish().transform((value) => value ?? undefined),
  readOnlyRootFilesystem: orEmpty(z.boolean(), false),
})
export type FunctionSpec = Readonly<z.output<typeof functionSpecSchema>>

/** Names a function among all: `echo.openfaas-fn`. */
export const idOf = (name: string, namespace: string): string => `${name}.${namespace}`

/** Body of `DELETE /system/functions`. */
export const removalSchema = z.strictObject({ functionName: functionNameSchema, namespace: namespaceSchema })

/** Whether people may call it; every other function takes signed deliveries, and the gateway's own user. */
export const isPublic = ({ annotations }: FunctionSpec): boolean => annotations['public'] === 'true'
