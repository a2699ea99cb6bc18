import { connectionOf } from '../remote/connections.ts'
import type { Reader } from '../store/port.ts'
import { wishesOf } from '../subscriptions/wishes.ts'
import { hasClient } from './clients/clients.ts'
import { granteeKey } from './grants/grant.ts'
import { GRANT_PLACES } from './grants/rows.ts'
import { groupsOf } from './groups/groups.ts'
import { partner } from './partners/partners.ts'
import type { Agent } from './port.ts'
import { serverName } from './shares.ts'

/**
 * Whether the holder has anything to do with an agent: it is the holder itself, a partner, has a connection or a client, is in a group,
 * was granted something, or the holder said that it wants to be told of what lies on the agent's server. A token alone makes nobody known.
 */
export const isKnown = async (reader: Reader, { uri, isHolder }: Agent): Promise<boolean> => {
  if (isHolder) return true
  const found = await Promise.all([
    partner(reader, uri).then((row) => row !== null),
    connectionOf(reader, uri).then((row) => row !== null),
    hasClient(reader, uri),
    reader.scan({ prefix: GRANT_PLACES.to(granteeKey({ agent: uri })), limit: 1 }).then((rows) => rows.length > 0),
    groupsOf(reader, uri).then((groups) => groups.length > 0),
  ])
  return found.includes(true) || isWished(reader, uri)
}

const isWished = async (reader: Reader, uri: string): Promise<boolean> => {
  const server = serverName(uri)
  return ((await wishesOf(reader)) ?? []).some(({ topicType, topic }) => topicType === 'LOGISTICS_OBJECT_IDENTIFIER' && serverName(topic) === server)
}
