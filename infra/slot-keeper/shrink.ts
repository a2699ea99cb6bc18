import type { Task } from './seen.ts'

/**
 * By how much `replicas` may be lowered so that Swarm takes away places of ended tasks only. Swarm (moby/swarmkit, the replicated
 * orchestrator, as tried in docs/decisions/0039) numbers the tasks of each node, running ones first, and takes the highest numbers of all
 * nodes; between equal numbers it takes any. So an ended task is sure to go before every running one only when its number is higher than
 * that of any running one anywhere. While anything begins or is replaced the numbers are about to change: 0.
 */
export const safeShrink = (tasks: readonly Task[]): number => {
  if (tasks.some(({ state, node }) => state === 'beginning' || state === 'failed' || node === null)) return 0
  const running = countByNode(tasks, 'running')
  const most = Math.max(0, ...running.values())
  // on a node with r running and e ended tasks the ended ones have the numbers r+1 to r+e
  return [...countByNode(tasks, 'ended')].reduce((sum, [node, ended]) => sum + Math.min(ended, Math.max(0, (running.get(node) ?? 0) + ended - most)), 0)
}

const countByNode = (tasks: readonly Task[], state: Task['state']): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const task of tasks) if (task.state === state && task.node !== null) counts.set(task.node, (counts.get(task.node) ?? 0) + 1)
  return counts
}
