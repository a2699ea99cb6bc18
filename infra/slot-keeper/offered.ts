import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Plan } from '../../events/deployment/settings.ts'
import type { Log } from '../log.ts'
import { openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import { followBucket } from '../routes/bucket.ts'

/** KV `slots`, key = plan: the generation whose slots are claimed from now on. The leading slot-keeper writes it; agents follow it. */
const offer = z.strictObject({ generation: z.string().min(1) })

export type Offered = {
  /** null while nobody has said. */
  generation(plan: Plan): string | null
  /** Resolves when what the bucket held at first is known. */
  readonly synced: Promise<void>
  stop(): void
}

export const followOffered = (connection: NatsConnection, replicas: number, log: Log): Offered => {
  const generations = new Map<string, string>()
  const ending = new AbortController()
  const { promise: synced, resolve } = Promise.withResolvers<void>()
  const entry = (plan: string, value: Uint8Array) => {
    const said = offer.safeParse(parsed(value))
    if (said.success) generations.set(plan, said.data.generation)
    else log.warn({ plan }, 'which generation is offered is not understood')
  }
  void followBucket(connection, { name: BUCKET.slots, replicas }, { entry, synced: resolve }, ending.signal, log)
  return { generation: (plan) => generations.get(plan) ?? null, synced, stop: () => ending.abort() }
}

/** Offers a generation from now on. @throws Error when the broker does not take it */
export const offerGeneration = async (connection: NatsConnection, replicas: number, plan: Plan, generation: string): Promise<void> => {
  const slots = await openBucket(connection, BUCKET.slots, replicas)
  await slots.put(plan, JSON.stringify(offer.parse({ generation })))
}

const parsed = (value: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(value))
  } catch {
    return null // the schema says so
  }
}
