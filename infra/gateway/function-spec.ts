import { z } from 'zod'

/** The one namespace; the CLI appends it to every name it invokes. */
export const NAMESPACE = 'openfaas-fn'

export const functionNameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'is not a DNS label: a-z, 0-9 and - inside, 63 characters at most')
const texts = z.record(z.string(), z.string())
const resources = z.strictObject({ memory: z.string().optional(), cpu: z.string().optional() })
// Go clients send null for an empty map or list
const orEmpty = <T extends z.ZodType>(schema: T, empty: z.output<T>) => schema.nullish().transform((value) => value ?? empty)

export const namespaceSchema = z.enum(['', NAMESPACE], `is not known; the one namespace here is ${NAMESPACE}`).nullish()

/** Body of `POST` and `PUT /system/functions`, as faas-cli sends it. */
export const functionSpecSchema = z.strictObject({
  service: functionNameSchema,
  image: z.string().min(1).max(500),
  namespace: namespaceSchema,
  envProcess: orEmpty(z.string(), ''),
  envVars: orEmpty(texts, {}),
  constraints: orEmpty(z.array(z.string()), []),
  secrets: orEmpty(z.array(z.string()), []),
  labels: orEmpty(texts, {}),
  annotations: orEmpty(texts, {}),
  // absent, not empty: the CLI prints an empty one as a heading with nothing under it
  limits: resources.nullish().transform((value) => value ?? undefined),
  requests: resources.nullish().transform((value) => value ?? undefined),
  readOnlyRootFilesystem: orEmpty(z.boolean(), false),
})
export type FunctionSpec = Readonly<z.output<typeof functionSpecSchema>>

/** Body of `DELETE /system/functions`. */
export const removalSchema = z.strictObject({ functionName: functionNameSchema, namespace: namespaceSchema })

/** Whether people may call it; every other function takes signed deliveries, and the gateway's own user. */
export const isPublic = ({ annotations }: FunctionSpec): boolean => annotations['public'] === 'true'
