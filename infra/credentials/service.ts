import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Log } from '../log.ts'
import { subject } from '../nats/subjects.ts'
import { eraseDeployment } from './erase.ts'
import { writeFence } from './fence.ts'
import { clientOf, identityOf } from './identity.ts'
import { mint } from './mint.ts'
import { eraseRequest, fenceRequest, identityRequest, mintRequest, redactRequest, sweepRequest } from './port.ts'
import { redactContent } from './redact/content.ts'
import type { Root } from './root.ts'
import { sweepRecord } from './sweep/record.ts'

const QUEUE = 'credentials'

export type CredentialsOptions = {
  readonly root: Root
  /** The secret `deployments-key`. */
  readonly deploymentsKey: string
  /** How long what nobody needs any more stays. */
  readonly sweepGraceMs: number
}

/**
 * Answers `credentials.mint`, `.identity`, `.secret`, `.fence`, `.erase`, `.redact` and `.sweep`; any number of these services share the work (queue group). A failure is an
 * answer `{ok: false, reason}`. Credentials go into the answer and nowhere else: no log, no event.
 */
export const serveCredentials = (connection: NatsConnection, { root, deploymentsKey, sweepGraceMs }: CredentialsOptions, log: Log): void => {
  const serve = <T>(on: string, schema: z.ZodType<T>, act: (request: T) => Promise<object>) => {
    const perform = async (message: Msg) => ({ ok: true, ...(await act(schema.parse(message.json()))) })
    const answer = async (message: Msg) => message.respond(JSON.stringify(await perform(message).catch(refused(on, log))))
    connection.subscribe(on, {
      queue: QUEUE,
      callback: (error, message) => (error ? log.error({ on, reason: error.message }, 'subscription failed') : void answer(message)),
    })
  }
  serve(subject.mint, mintRequest, async ({ deploymentId }) => ({ access: await mint(deploymentId, root) }))
  serve(subject.identity, identityRequest, async (request) => ({ identity: identityOf(deploymentsKey, request) }))
  serve(subject.secret, identityRequest, async (request) => ({ client: clientOf(deploymentsKey, request) }))
  serve(subject.fence, fenceRequest, async (request) => ({ n: await writeFence({ ...request, at: new Date().toISOString() }, root) }))
  serve(subject.redact, redactRequest, async (request) => ({ redacted: await redactContent(request, root) }))
  serve(subject.sweep, sweepRequest, async ({ deploymentId }) => ({ swept: await sweepRecord(deploymentId, sweepGraceMs, root) }))
  serve(subject.erase, eraseRequest, async ({ deploymentId }) => ({ objects: await eraseDeployment(deploymentId, root) }))
}

const refused = (on: string, log: Log) => (error: unknown) => {
  const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
  log.error({ on, reason }, 'refused')
  return { ok: false, reason }
}
