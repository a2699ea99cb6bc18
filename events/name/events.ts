import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'

/** Who holds a name, stream `name.<name>`; reserved in one atomic batch with the deployment that asks for it. */
const base = { name: z.string().min(1).max(63), deploymentId: z.string().min(1).max(64), at: z.iso.datetime() }

export const nameSchemas = {
  NameReserved: z.strictObject({ ...base }),
  NameReleased: z.strictObject({ ...base }),
} as const

type Schemas = typeof nameSchemas
export type NameEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
