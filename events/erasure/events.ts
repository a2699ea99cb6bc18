import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'

/**
 * The erasure of the content of one logistics object, stream `erasure.<deployment>-<erasure>`: its slot has hidden it, the platform
 * overwrites it in the store, for slots may delete nothing. Never what was erased: the object's id, and counts.
 */
const base = { deploymentId: z.string().min(1).max(64), erasureId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), at: z.iso.datetime() }

export const erasureSchemas = {
  /** `object`: its id in the record; `commit`: the last that may hold its content. */
  ErasureRequested: z.strictObject({ ...base, object: z.string().min(1).max(512), commit: z.int().min(0) }),
  /** How many commits were overwritten, how many objects of the store (documents, old parts of the index) deleted. */
  ErasureCompleted: z.strictObject({ ...base, commits: z.int().min(0), objects: z.int().min(0) }),
} as const

type Schemas = typeof erasureSchemas
export type ErasureEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]

/** Where one erasure is told. */
export const erasureStream = (deploymentId: string, erasureId: string): `erasure.${string}` => `erasure.${deploymentId}-${erasureId}`
