import { below, key } from '../store/key.ts'
import type { Reader, Transaction } from '../store/port.ts'

/** Where a token for a partner's server comes from when its own identity provider issues it (client credentials, RFC 6749, section 4.4). */
export type ClientCredentials = { readonly tokenEndpoint: string; readonly clientId: string; /** See seal.ts. */ readonly sealedSecret: string; readonly scope: string | null }

/** How this server speaks with an agent's server, as far as the holder said so: everything has a default. */
export type Connection = {
  readonly agent: string
  /** Base URL of its server; null: as its IRI has it (callback.ts). */
  readonly endpoint: string | null
  /** Null: a token of this deployment's own key. */
  readonly credentials: ClientCredentials | null
  /** Its subscriptions are accepted as they come. */
  readonly acceptsSubscriptions: boolean
}

const rowKey = (agent: string): string => key('connection', agent)

export const connectionOf = async (reader: Reader, agent: string): Promise<Connection | null> => (await reader.get<Connection>(rowKey(agent)))?.value ?? null
export const putConnection = (tx: Transaction, connection: Connection): void => tx.put(rowKey(connection.agent), connection)
export const removeConnection = (tx: Transaction, agent: string): void => tx.delete(rowKey(agent))

export const CONNECTIONS = below('connection')
