import { tell } from '../facts.ts'
import { objectIri } from '../objects/split.ts'
import { putObject } from '../objects/rows.ts'
import { contentDocument } from '../requests/content.ts'
import type { Effect } from '../requests/port.ts'
import { pendingChanges } from '../requests/rows.ts'
import { readChange } from './change.ts'
import { changedProperties } from './changed.ts'
import { judgeChange } from './judge.ts'

/** Change requests of one object that may wait for a decision: all of them are rejected in the commit that accepts one. */
export const MOST_PENDING = 250

/**
 * Applies an accepted change: the next revision of its object, and the end of those that were made for the same one (API 2.3.0,
 * Update a Logistics Object: after one is accepted, the other pending ones that affect the same revision are rejected).
 */
export const changeEffect: Effect = {
  accepted: async ({ tx, server, request, iri: triggeredBy, content, agent, decide }) => {
    const id = request.object ?? ''
    const iri = objectIri(server.base, id)
    const change = readChange(contentDocument(content), iri, server.strictness)
    const { type, revision, before, after, body } = await judgeChange(tx, server, id, change)
    await putObject(tx, { id, type, revision, body })
    await tell(tx, server, {
      kind: 'object-updated', id, iri, types: after.get(iri)?.types ?? [type], before, after,
      changed: changedProperties(before, after, iri, change, revision), triggeredBy, agent: agent.uri,
    })
    for (const other of await pendingChanges(tx, id, MOST_PENDING, change.revision)) await decide(other, 'REQUEST_REJECTED', agent)
  },
}
