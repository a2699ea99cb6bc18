import { lacking } from './deploy.ts'
import { listNodes, listServices, type Node } from './engine.ts'
import { STACK } from './environment.ts'
import { LABEL, sharesMissing } from './shares.ts'

/** Prints nodes, services and what is lacking. @throws Error when something is */
export const status = async (asJson: boolean): Promise<void> => {
  const nodes = await listNodes()
  const services = await listServices(`label=com.docker.stack.namespace=${STACK}`)
  const short = await lacking()
  const away = nodes.filter(({ state }) => state !== 'ready').map(({ name }) => name)
  const missing = sharesMissing(nodes).length
  const isWell = short.length === 0 && away.length === 0 && missing === 0 && services.length > 0
  const told = { nodes: nodes.map((node) => ({ ...node, shares: sharesOf(node) })), services, lacking: short, away, isWell }
  process.stdout.write(asJson ? `${JSON.stringify(told)}\n` : textOf(told))
  if (!isWell) throw new Error(services.length === 0 ? 'nothing is deployed' : [...away.map((name) => `${name} is away`), ...short.map(({ name }) => `${name} is lacking`), ...(missing > 0 ? ['shares are not all given out'] : [])].join(', '))
}

const sharesOf = ({ labels }: Pick<Node, 'labels'>): readonly string[] => [
  ...(labels[LABEL.store] ? ['broker'] : []), ...(labels[LABEL.storeId] ? [`drives ${labels[LABEL.storeId]}`] : []),
  ...(labels[LABEL.database] ? ['database'] : []), ...(labels[LABEL.registry] ? ['registry'] : []),
]

type Told = {
  readonly nodes: readonly (Node & { readonly shares: readonly string[] })[]
  readonly services: readonly { readonly Name: string; readonly Replicas: string; readonly Image: string }[]
  readonly lacking: readonly { readonly name: string; readonly why: string }[]
}

const textOf = ({ nodes, services, lacking: short }: Told): string => [
  ...columns(nodes.map(({ name, address, state, availability, role, isLeader, shares }) => [name, address, state, availability, isLeader ? 'leader' : role, shares.join(', ')])),
  '',
  ...columns(services.map(({ Name, Replicas, Image }) => [Name.slice(STACK.length + 1), Replicas, Image, short.find(({ name }) => name === Name.slice(STACK.length + 1))?.why ?? ''])),
  '',
].join('\n')

const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
}
