import { docker } from '../images/docker.ts'
import { listNodes, type Node } from './engine.ts'

/** What a node is for, as labels that stack.yml places by. */
export const LABEL = {
  /** 'true': a broker's data lie here. */
  store: 'one-record.store',
  /** '1' to '3': which of the object store's nodes it is. */
  storeId: 'one-record.store-id',
  database: 'one-record.database',
  registry: 'one-record.registry',
} as const

/** Nodes that hold brokers and drives: a majority and the parity of three are what the data are laid out for. */
export const STORES = 3

export type Change =
  | { readonly kind: 'label'; readonly node: Pick<Node, 'id' | 'name'>; readonly label: string; readonly value: string }
  | { readonly kind: 'promote' | 'demote'; readonly node: Pick<Node, 'id' | 'name'> }

/** Managers of so many nodes: an odd number, of which the smaller half may be lost. Two are no better than one, but on the way to three. */
export const managersOf = (nodes: number): number => (nodes >= 7 ? 5 : Math.min(nodes, 3))

/**
 * What is missing until every share is given out. Nobody loses one: data lie where they lie. The database goes to the second store node
 * and the registry to the third, so that no node has all.
 */
export const sharesMissing = (nodes: readonly Node[]): readonly Change[] => {
  const here = nodes.filter(({ state }) => state === 'ready')
  const label = (node: Node, name: string, value = 'true'): Change => ({ kind: 'label', node, label: name, value })
  const has = (name: string) => nodes.some(({ labels }) => labels[name] === 'true')

  const free = Array.from({ length: STORES }, (_, index) => String(index + 1)).filter((id) => !nodes.some(({ labels }) => labels[LABEL.storeId] === id))
  const newStores = here.filter(({ labels }) => labels[LABEL.storeId] === undefined).slice(0, free.length)
  const stores = nodes.flatMap((node) => {
    const id = node.labels[LABEL.storeId] ?? free[newStores.indexOf(node)]
    return id === undefined ? [] : [{ node, id: Number(id) }]
  }).toSorted((a, b) => a.id - b.id)
  // not before there are three: the first would have all that is not spread
  const single = (name: string, index: number): readonly Change[] => {
    const chosen = stores.length === STORES ? stores[index]?.node : undefined
    return has(name) || !chosen ? [] : [label(chosen, name)]
  }

  const wanted = managersOf(nodes.length)
  const managers = nodes.filter(({ role }) => role === 'manager')
  const promoted = here.filter(({ role }) => role === 'worker').slice(0, Math.max(0, wanted - managers.length))
  const spare = managers.filter(({ isLeader, labels }) => !isLeader && labels[LABEL.storeId] === undefined).toReversed()
  const demoted = spare.slice(0, Math.max(0, managers.length - Math.max(wanted, 3)))
  return [
    ...newStores.flatMap((node, index) => [label(node, LABEL.storeId, free[index]), label(node, LABEL.store)]),
    ...single(LABEL.database, 1), ...single(LABEL.registry, 2),
    ...promoted.map((node) => ({ kind: 'promote', node }) as const),
    ...demoted.map((node) => ({ kind: 'demote', node }) as const),
  ]
}

/** Gives out what is missing; tells each. Run on a manager, as often as one likes. */
export const giveShares = async (say: (text: string) => void): Promise<void> => {
  for (const change of sharesMissing(await listNodes())) {
    if (change.kind === 'label') {
      await docker(['node', 'update', '--label-add', `${change.label}=${change.value}`, change.node.id])
      say(`${change.node.name}: ${change.label}=${change.value}`)
    } else {
      await docker(['node', change.kind, change.node.id])
      say(`${change.node.name} is ${change.kind === 'promote' ? 'a manager' : 'a worker'}`)
    }
  }
}
