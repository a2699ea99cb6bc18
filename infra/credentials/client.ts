import type { NatsConnection } from '@nats-io/transport-node'
import type { z } from 'zod'
import { failure } from '../../events/errors.ts'
import { subject } from '../nats/subjects.ts'
import { eraseReply, fenceReply, identityReply, mintReply, redactReply, secretReply, sweepReply, type Clients, type Credentials, type Storage } from './port.ts'

/** Milliseconds to wait: an erasure or a sweep goes through every object. */
const TIMEOUT_MS = { mint: 5_000, identity: 5_000, secret: 5_000, fence: 15_000, erase: 300_000, redact: 300_000, sweep: 300_000 } as const

type Reply<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string }

/** @throws CREDENTIALS_UNAVAILABLE when nobody answers, or the answer is a refusal */
const ask = async <T>(connection: NatsConnection, verb: keyof typeof TIMEOUT_MS, request: object, schema: z.ZodType<Reply<T>>): Promise<{ readonly ok: true } & T> => {
  const answered = await connection.request(subject[verb], JSON.stringify(request), { timeout: TIMEOUT_MS[verb] }).catch((cause: unknown) => {
    throw failure('CREDENTIALS_UNAVAILABLE', { reason: String(cause) }, cause)
  })
  const reply = schema.safeParse(answered.json())
  if (!reply.success) throw failure('CREDENTIALS_UNAVAILABLE', { reason: 'its answer is not understood' }, reply.error)
  if (!reply.data.ok) throw failure('CREDENTIALS_UNAVAILABLE', { reason: reply.data.reason })
  return reply.data
}

/** Credentials from the minting service. */
export const natsCredentials = (connection: NatsConnection): Credentials => ({
  mint: async (deploymentId) => (await ask(connection, 'mint', { deploymentId }, mintReply)).access,
  identity: async (request) => (await ask(connection, 'identity', request, identityReply)).identity,
})

/** For owners. */
export const natsClients = (connection: NatsConnection): Clients => ({
  secret: async (request) => (await ask(connection, 'secret', request, secretReply)).client,
})

/** Fences, erasures and sweeps by the minting service. */
export const natsStorage = (connection: NatsConnection): Storage => ({
  fence: async (deploymentId, epoch, { tombstone = false } = {}) => void (await ask(connection, 'fence', { deploymentId, epoch, tombstone }, fenceReply)),
  redact: async (request) => (await ask(connection, 'redact', request, redactReply)).redacted,
  sweep: async (deploymentId) => (await ask(connection, 'sweep', { deploymentId }, sweepReply)).swept,
  erase: async (deploymentId) => ({ objects: (await ask(connection, 'erase', { deploymentId }, eraseReply)).objects }),
})
