/** Of a node of the Swarm, what constraints and limits are held against. */
export type NodeFacts = {
  readonly id: string
  readonly hostname: string
  readonly role: string
  readonly address: string
  readonly os: string
  readonly arch: string
  readonly labels: Readonly<Record<string, string>>
  readonly engineLabels: Readonly<Record<string, string>>
  readonly nanoCpus: number
  readonly memoryBytes: number
}
export type Constraint = { readonly key: string; readonly isEqual: boolean; readonly value: string }

/** Characters of a value as Swarm has them. */
const SHAPE = /^\s*([a-z_][a-z0-9\-_.]+)\s*(==|!=)\s*([a-z0-9:\-_.*()?+[\]\\^$|/](?:[a-z0-9:\-_\s.*()?+[\]\\^$|/]*[a-z0-9:\-_.*()?+[\]\\^$|/])?)\s*$/i
const KEYS = /^(node\.(id|hostname|ip|role|platform\.(os|arch)|labels\.[^.\s].*)|engine\.labels\.[^.\s].*)$/i

/** `node.labels.zone == eu`, Swarm's syntax; undefined for what is none. */
export const parseConstraint = (text: string): Constraint | undefined => {
  const [, key, operator, value] = SHAPE.exec(text) ?? []
  return key === undefined || value === undefined || !KEYS.test(key) ? undefined : { key, isEqual: operator === '==', value }
}

/** As Swarm decides it: values without regard to case, but those of labels' names; a label that is not there is empty. */
export const satisfies = (node: NodeFacts, { key, isEqual, value }: Constraint): boolean => (sameText(told(node, key), value) || isAddressOf(node, key, value)) === isEqual

const told = (node: NodeFacts, key: string): string => {
  const lower = key.toLowerCase()
  if (lower.startsWith('node.labels.')) return node.labels[key.slice('node.labels.'.length)] ?? ''
  if (lower.startsWith('engine.labels.')) return node.engineLabels[key.slice('engine.labels.'.length)] ?? ''
  return FACTS[lower]?.(node) ?? ''
}

const FACTS: Readonly<Record<string, (node: NodeFacts) => string>> = {
  'node.id': ({ id }) => id,
  'node.hostname': ({ hostname }) => hostname,
  'node.ip': ({ address }) => address,
  'node.role': ({ role }) => role,
  'node.platform.os': ({ os }) => os,
  'node.platform.arch': ({ arch }) => ARCHITECTURES[arch] ?? arch,
}
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

const sameText = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** A network that a node's address may be in is for Swarm to judge. */
const isAddressOf = (_: NodeFacts, key: string, value: string): boolean => key.toLowerCase() === 'node.ip' && value.includes('/')
