/** A row of the transition table, as events/states.ts has it. */
export type TransitionRow = { readonly event: string; readonly from: readonly string[]; readonly to: string; readonly when?: string }

/** More sources than that are shown as one: "any but ...". */
const MANY = 6

/**
 * The transition table as a Mermaid state diagram (mermaid.js.org/syntax/stateDiagram.html): one arrow for each pair of states,
 * labelled with the events that lead that way. Pure, so that a stale diagram can be told from a fresh one.
 */
export const stateDiagram = (statuses: readonly string[], transitions: readonly TransitionRow[]): string => {
  const arrows = new Map<string, string[]>()
  const groups: string[] = []
  for (const row of transitions) {
    for (const source of sourcesOf(row, statuses, groups)) {
      const arrow = `${source} --> ${row.to}`
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), label(row)])
    }
  }
  const ends = statuses.filter((status) => transitions.some(({ to }) => to === status) && !transitions.some(({ from }) => from.includes(status)))
  return [
    'stateDiagram-v2',
    ...groups,
    ...[...arrows].map(([arrow, labels]) => `    ${arrow}: ${labels.join(', ')}`),
    ...ends.map((status) => `    ${status} --> [*]`),
  ].join('\n')
}

/** Where the arrows of a row begin; adds the declaration of a group when there are many. */
const sourcesOf = ({ event, from }: TransitionRow, statuses: readonly string[], groups: string[]): readonly string[] => {
  if (from.length === 0) return ['[*]']
  if (from.length <= MANY) return from
  groups.push(`    state "any but ${statuses.filter((status) => !from.includes(status)).join(', ')}" as before_${event}`)
  return [`before_${event}`]
}

const label = ({ event, when }: TransitionRow): string => (when === undefined ? event : `${event} (${when})`)
