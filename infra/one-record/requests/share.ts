import { isKnown } from '../access/known.ts'
import type { Agent } from '../access/port.ts'
import { giveBack, strangersParts, take, type Part } from '../access/shares.ts'
import { unprocessable } from '../http/api-error.ts'
import type { Transaction } from '../store/port.ts'
import type { ActionRequest } from './request.ts'

/** Requests of one agent that may wait for a decision, when the holder knows it; of others see access/shares.ts. */
const MOST_WAITING = 1_000

const partsOf = (uri: string, isStranger: boolean): readonly Part[] => (isStranger ? strangersParts('requests', uri) : [{ name: `agent:${uri}`, most: MOST_WAITING }])

/**
 * Counts one more request of an agent that waits; true when the holder does not know the agent. The holder's own never wait.
 * @throws ApiError 422 when too many wait: a rule of this server, which time alone does not lift
 */
export const countWaiting = async (tx: Transaction, agent: Agent): Promise<boolean> => {
  if (agent.isHolder) return false
  const isStranger = !(await isKnown(tx, agent))
  const full = await take(tx, 'requests', partsOf(agent.uri, isStranger))
  if (full) {
    const whose = !isStranger ? 'of this agent' : full.name === 'all' ? 'of agents that the holder does not know' : 'of your server, whose agents the holder does not know,'
    throw unprocessable(`${full.most} requests ${whose} wait for the holder's decision, as many as may.`)
  }
  return isStranger
}

/** A request waits no more. One that a stranger took back counts until the day is over: it is in the record for good. */
export const waitsNoMore = async (tx: Transaction, { requestedBy, status, isStrangers }: ActionRequest, by: Pick<Agent, 'isHolder'>): Promise<void> => {
  const isStranger = isStrangers === true
  if (status === 'REQUEST_PENDING') await giveBack(tx, 'requests', partsOf(requestedBy, isStranger), isStranger && !by.isHolder)
}
