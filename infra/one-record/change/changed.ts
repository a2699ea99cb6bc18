import type { Graph } from '../json-ld/graph.ts'
import { linksOf } from '../json-ld/graph.ts'
import { stableId } from '../objects/stable-id.ts'
import { reach } from '../objects/split.ts'
import type { Change } from './change.ts'
import { newObjects } from './operation.ts'

/**
 * Properties of the object itself that a change touched (API 2.3.0, Notifications): of what it changed in an embedded object the
 * property that leads there. IRIs, in the order of the object.
 */
export const changedProperties = (before: Graph, after: Graph, root: string, { operations }: Change, revision: number): readonly string[] => {
  const news = newObjects(operations, (id) => before.has(id))
  const touched = new Set(operations.map(({ subject }) => (news.has(subject) ? stableId(root, revision, subject) : subject)))
  const own = new Set(operations.filter(({ subject }) => subject === root).map(({ property }) => property))
  const leading = [before, after].flatMap((graph) =>
    [...(graph.get(root)?.properties ?? [])].filter(([, { values }]) => values.flatMap(linksOf).some((id) => id !== root && leadsTo(graph, id, root, touched))).map(([property]) => property))
  return [...new Set([...own, ...leading])]
}

const leadsTo = (graph: Graph, id: string, root: string, touched: ReadonlySet<string>): boolean => {
  const subject = graph.get(id)
  return subject !== undefined && [subject, ...reach(subject, graph, (next) => next !== root)].some((each) => each.id !== root && touched.has(each.id))
}
