import * as z from 'zod/mini'
import type { Claim } from '../../slot/port.ts'
import { httpIri } from '../access/schemas.ts'
import type { Server } from '../endpoints/server.ts'
import { listAnswer, readPage } from '../holder/page.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery } from '../http/api-error.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call, Routes } from '../http/router.ts'
import { scanPage } from '../store/scan-page.ts'
import { connectionOf, CONNECTIONS, putConnection, removeConnection, type Connection } from './connections.ts'
import { endpointOf } from './client.ts'
import { seal } from './seal.ts'

const LONGEST = 500

/** Body of PUT /holder/connections. `credentials` left out: those that are there stay; null: none, this deployment's own tokens. */
export const connectionSchema = z.strictObject({
  agent: httpIri,
  endpoint: z._default(z.nullable(httpIri), null),
  acceptsSubscriptions: z._default(z.boolean(), false),
  credentials: z.optional(z.nullable(z.strictObject({
    tokenEndpoint: httpIri, clientId: z.string().check(z.minLength(1), z.maxLength(LONGEST)), secret: z.string().check(z.minLength(1), z.maxLength(LONGEST)),
    scope: z._default(z.nullable(z.string().check(z.maxLength(LONGEST))), null),
  }))),
})

/** How this server speaks with others', for the holder to set: where they are, who issues the tokens for them, whose subscriptions are taken as they come. */
export const connectionRoutes = (server: Server, claim: Pick<Claim, 'access'>): Routes => ({
  'holder/connections': { GET: listConnections(server), PUT: writeConnection(server, claim), DELETE: deleteConnection(server) },
})

/** Without the secret, which nobody is shown again. */
const shown = (connection: Connection) => {
  const { credentials } = connection
  return {
    ...connection, server: endpointOf(connection.agent, connection),
    credentials: credentials && { tokenEndpoint: credentials.tokenEndpoint, clientId: credentials.clientId, scope: credentials.scope },
  }
}

const listConnections = ({ base, access, record }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<Connection>(record.reader(), CONNECTIONS, readPage(query, CONNECTIONS))
  return listAnswer(`${base}/holder/connections`, query, rows.map(({ value }) => shown(value)), last)
}

const writeConnection = ({ access, record, maxBodyBytes }: Server, claim: Pick<Claim, 'access'>) => async ({ request, agent: caller }: Call): Promise<Answer> => {
  access.holderOnly(caller)
  const { agent, endpoint, acceptsSubscriptions, credentials } = await readPlainJson(request, maxBodyBytes, connectionSchema)
  await record.write(async (tx) => {
    const before = await connectionOf(tx, agent)
    putConnection(tx, {
      agent, acceptsSubscriptions, endpoint: endpoint?.replace(/\/$/, '') ?? null,
      credentials: credentials === undefined ? (before?.credentials ?? null) : credentials && {
        tokenEndpoint: credentials.tokenEndpoint, clientId: credentials.clientId, scope: credentials.scope, sealedSecret: seal(credentials.secret, claim.access.signingKey),
      },
    })
  })
  return { status: 204, headers: {} }
}

const deleteConnection = ({ access, record }: Server) => async ({ query, agent: caller }: Call): Promise<Answer> => {
  access.holderOnly(caller)
  const agent = query.get('agent')
  if (agent === null) throw invalidQuery('The query parameter agent is missing.')
  await record.write(async (tx) => removeConnection(tx, agent))
  return { status: 204, headers: {} }
}
