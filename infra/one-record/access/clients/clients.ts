import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Reader, Transaction } from '../../store/port.ts'
import { below, key } from '../../store/key.ts'

/** A client of this deployment's token endpoint, for a partner without an identity provider. Of its secret only the SHA-256 is kept, hexadecimal. */
export type Client = { readonly id: string; readonly name: string; readonly agent: string; readonly secretHash: string; readonly createdAt: string; readonly rotatedAt: string }
/** The holder's own, which comes with the claim. */
export type OwnClient = { readonly id: string; readonly secretHash: string; readonly agent: string }

const rowKey = (id: string): string => key('client', id)
const agentKey = ({ agent, id }: Client): string => key('client-of', agent, id)

export const clientOf = async (reader: Reader, id: string): Promise<Client | null> => (await reader.get<Client>(rowKey(id)))?.value ?? null

/** Prefix of all clients, by id. */
export const CLIENTS = below('client')

export const putClient = (tx: Transaction, client: Client): void => {
  tx.put(rowKey(client.id), client)
  tx.put(agentKey(client), null)
}
export const removeClient = (tx: Transaction, client: Client): void => {
  tx.delete(rowKey(client.id))
  tx.delete(agentKey(client))
}

/** Whether the holder gave an agent a client. */
export const hasClient = async (reader: Reader, agent: string): Promise<boolean> => (await reader.scan({ prefix: below('client-of', agent), limit: 1 })).length > 0

/** The agent that a client speaks for; null when it is not known (any more). */
export const agentOfClient = async (reader: Reader, own: OwnClient, id: string): Promise<string | null> =>
  id === own.id ? own.agent : ((await clientOf(reader, id))?.agent ?? null)

/** A new secret, 256 bits: nothing that could be guessed, so that its plain hash is enough. */
export const newSecret = (): string => randomBytes(32).toString('base64url')
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** The agent whose client this is, null when id or secret is wrong; an id that is not known takes as long as one that is. */
export const login = async (reader: Reader, own: OwnClient, { id, secret }: { readonly id: string; readonly secret: string }): Promise<string | null> => {
  const client = id === own.id ? own : await clientOf(reader, id)
  const given = Buffer.from(hashOf(secret), 'hex')
  const expected = Buffer.from(client?.secretHash ?? '', 'hex')
  const isRight = timingSafeEqual(given, expected.length === given.length ? expected : Buffer.alloc(given.length))
  return client && isRight && expected.length === given.length ? client.agent : null
}
