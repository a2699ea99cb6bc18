/**
 * Labels of slot services and of their tasks' containers: what does not have the first one, with this playground's pool as its value, is
 * somebody else's and never touched.
 */
export const SLOT_LABEL = {
  /** SLOT_POOL, also how the services' names begin. */
  pool: 'one-record.slots.pool',
  plan: 'one-record.slots.plan',
  generation: 'one-record.slots.generation',
  /** Of a service: the number of the lease under which it was last changed; whoever has an older one leads no more. */
  fence: 'one-record.slots.fence',
} as const

/** Where slots have the volume of their control sockets; they may make files there, and cannot list it. */
export const CONTROL_FOLDER = '/run/slot-control/'
