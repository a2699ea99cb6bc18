import { linkedFrom, linksOf, type Graph } from '../json-ld/graph.ts'
import { stableId } from '../objects/stable-id.ts'
import type { Change } from './change.ts'
import { newObjects } from './operation.ts'

/**
 * Properties of the object itself that a change touched (API 2.3.0, Notifications): of what it changed in an embedded object the
 * property that leads there. IRIs; those of its own operations first.
 */
export const changedProperties = (before: Graph, after: Graph, root: string, { operations }: Change, revision: number): readonly string[] => {
  const news = newObjects(operations, (id) => before.has(id))
  const touched = new Set(operations.map(({ subject }) => (news.has(subject) ? stableId(root, revision, subject) : subject)).filter((id) => id !== root))
  const own = operations.filter(({ subject }) => subject === root).map(({ property }) => property)
  const leading = [before, after].flatMap((graph) => {
    const above = leadingTo(graph, root, touched)
    return [...(graph.get(root)?.properties ?? [])].filter(([, { values }]) => values.flatMap(linksOf).some((id) => above.has(id))).map(([property]) => property)
  })
  return [...new Set([...own, ...leading])]
}

/** These embedded objects, and those from which a way leads to them. */
const leadingTo = (graph: Graph, root: string, touched: ReadonlySet<string>): ReadonlySet<string> => {
  const parents = new Map<string, string[]>()
  for (const subject of graph.values()) {
    if (subject.id === root) continue
    for (const id of linkedFrom(subject)) {
      const known = parents.get(id)
      if (known) known.push(subject.id)
      else parents.set(id, [subject.id])
    }
  }
  const found = new Set(touched)
  for (const id of found) for (const parent of parents.get(id) ?? []) found.add(parent)
  return found
}
