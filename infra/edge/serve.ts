import type { NatsConnection } from '@nats-io/transport-node'
import { subject } from '../nats/subjects.ts'
import type { Log } from '../log.ts'
import { routeSchema } from '../routes/port.ts'
import type { EdgeControl } from './control.ts'
import { awakeMessage, edgeClaim, type Awake, type EdgeClaim } from './port.ts'

/** Answers `edge.<id>.learn`, `quiesce`, `restore` and `activity` (port.ts); `{"error": reason}` when it cannot. */
export const serveEdge = (connection: NatsConnection, id: string, control: EdgeControl, log: Log): { close(): Promise<void> } => {
  const ofClaim = (act: (claim: EdgeClaim) => unknown) => (asked: unknown) => act(edgeClaim.parse(asked))
  const verbs: Readonly<Record<string, (asked: unknown) => unknown>> = {
    learn: async (asked) => {
      await control.learn(routeSchema.parse(asked))
      return {}
    },
    quiesce: ofClaim(control.quiesce),
    activity: ofClaim(control.activity),
    restore: ofClaim((claim) => {
      control.restore(claim)
      return {}
    }),
  }
  const subscriptions = Object.entries(verbs).map(([verb, act]) =>
    connection.subscribe(subject.edge(id, verb), {
      callback: (failed, message) => {
        if (failed) return
        const reply = async () => act(message.json())
        reply().then(
          (answer) => message.respond(JSON.stringify(answer)),
          (error: unknown) => {
            log.warn({ verb, reason: String(error) }, 'edge could not do as asked')
            message.respond(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
          },
        )
      },
    }))
  return { close: async () => void (await Promise.all(subscriptions.map((subscription) => subscription.drain()))) }
}

/** Hears of slots that serve before their route is written. */
export const hearAwake = (connection: NatsConnection, awake: (claim: Awake) => void, log: Log): { close(): Promise<void> } => {
  const subscription = connection.subscribe(subject.edgesAwake, {
    callback: (failed, message) => {
      const claim = failed ? undefined : awakeMessage.safeParse(message.json())
      if (claim?.success) awake(claim.data)
      else log.warn({ reason: String(failed ?? claim?.error) }, 'a message about a slot is not understood')
    },
  })
  return { close: () => subscription.drain() }
}
