import { failure } from '../../../../events/errors.ts'
import type { FunctionSpec } from '../../function-spec.ts'
import { parseConstraint, satisfies, type NodeFacts } from './constraints.ts'
import type { Policy, Resources } from './policy.ts'

/**
 * Refuses what no node of the Swarm could ever run, whether it is up just now or not. What would fit and does not at the moment
 * waits, and its function's condition says so. @throws INVALID_FIELD
 */
export const requireSuitable = ({ constraints, limits, requests }: Pick<FunctionSpec, 'constraints' | 'limits' | 'requests'>, policy: Policy, nodes: readonly NodeFacts[]): void => {
  const parsed = constraints.flatMap((text) => parseConstraint(text) ?? [])
  const allowed = nodes.filter((node) => parsed.every((constraint) => satisfies(node, constraint)))
  if (allowed.length === 0) throw failure('INVALID_FIELD', { field: 'constraints', reason: `no node of the ${nodes.length} in the Swarm satisfies ${constraints.join(', ')}` })
  requireRoom('limits', limits, policy.limits, allowed)
  requireRoom('requests', requests, policy.requests, allowed)
}

const requireRoom = (field: string, given: FunctionSpec['limits'], { memoryBytes = 0, nanoCpus = 0 }: Resources, nodes: readonly NodeFacts[]): void => {
  const [mostBytes, mostNanos] = [Math.max(...nodes.map((node) => node.memoryBytes)), Math.max(...nodes.map((node) => node.nanoCpus))]
  if (memoryBytes > mostBytes) throw failure('INVALID_FIELD', { field: `${field}.memory`, reason: `${given?.memory ?? ''} is more than any node it may run on has, ${Math.floor(mostBytes / 2 ** 20)}Mi` })
  if (nanoCpus > mostNanos) throw failure('INVALID_FIELD', { field: `${field}.cpu`, reason: `${given?.cpu ?? ''} is more than any node it may run on has, ${mostNanos / 1e6}m` })
  if (!nodes.some((node) => node.memoryBytes >= memoryBytes && node.nanoCpus >= nanoCpus)) {
    throw failure('INVALID_FIELD', { field, reason: `no node has ${given?.memory ?? ''} and ${given?.cpu ?? ''} at once` })
  }
}
