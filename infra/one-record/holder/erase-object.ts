import { randomUUID } from 'node:crypto'
import type { Agent } from '../access/port.ts'
import { DATA_HOLDER, type Server } from '../endpoints/server.ts'
import { tell } from '../facts.ts'
import { notFound, unprocessable } from '../http/api-error.ts'
import { objectGraph } from '../objects/body.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { key } from '../store/key.ts'
import type { Transaction } from '../store/port.ts'
import { countUsage } from '../store/usage.ts'
import { clearObject } from './clear-object.ts'
import { findTombstone, pendingObject, putTombstone, type Tombstone } from './erasure-rows.ts'

/**
 * Erases the content of an object for whoever reads here, from this commit on; what is left in the store is the platform's to
 * overwrite (docs/decisions/0030). Said twice, done once. @throws ApiError 404, 422
 */
export const eraseObject = async (tx: Transaction, server: Server, object: string, agent: Agent): Promise<Tombstone> => {
  const iri = objectIri(server.base, object)
  if (object === DATA_HOLDER) throw unprocessable('The data holder of a record cannot be erased.', { resource: iri })
  const before = await findTombstone(tx, object)
  if (before) return before.value
  const found = await findObject(tx, object)
  if (!found) throw notFound(iri)
  const graph = objectGraph(await tx.body(found.place), iri)
  tx.delete(key('object', object))
  await countUsage(tx, { objects: -1 })
  await tell(tx, server, {
    kind: 'object-erased', id: object, iri, types: graph.get(iri)?.types ?? [found.type], before: graph, after: null, changed: [], triggeredBy: null, agent: agent.uri,
  })
  return clearSome(tx, object, {
    erasure: randomUUID(), type: found.type, revisions: found.revision, documentBytes: 0, erasedAt: tx.at.getTime(), erasedBy: agent.uri, state: 'clearing',
  })
}

/** Takes away as much as one commit may; the erasure waits for the store once nothing is left. */
const clearSome = async (tx: Transaction, object: string, tombstone: Tombstone): Promise<Tombstone> => {
  const { isWhole, documentBytes } = await clearObject(tx, object)
  const next: Tombstone = { ...tombstone, documentBytes: tombstone.documentBytes + documentBytes, state: isWhole ? 'pending' : 'clearing' }
  putTombstone(tx, object, next)
  return next
}

/** Goes on with an erasure that was begun; resolves to its state. */
export const clearOn = async (tx: Transaction, object: string): Promise<Tombstone['state']> => {
  const row = await findTombstone(tx, object)
  if (row?.value.state !== 'clearing') return row?.value.state ?? 'gone'
  return (await clearSome(tx, object, row.value)).state
}

/** The content of this erasure is gone from the store: its documents take no room any more. Said twice, done once. */
export const confirmErasure = async (tx: Transaction, erasure: string): Promise<void> => {
  const object = await pendingObject(tx, erasure)
  const row = object === null ? null : await findTombstone(tx, object)
  if (object === null || !row) return
  putTombstone(tx, object, { ...row.value, state: 'gone' })
  await countUsage(tx, { documentBytes: -row.value.documentBytes })
}
