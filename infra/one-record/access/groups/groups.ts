import { below, key } from '../../store/key.ts'
import type { Reader, Transaction } from '../../store/port.ts'

// a group: a named set of agents, which permissions can be granted to

/** Members of one group, and groups of one agent. */
export const MOST_MEMBERS = 200
export const MOST_GROUPS = 50

type GroupRow = { readonly name: string; readonly members: number }
type Membership = { readonly group: string; readonly agent: string }

const rowKey = (name: string): string => key('group', name)
const ofGroup = (name: string, agent: string): string => key('group-member', name, agent)
const ofAgent = (agent: string, name: string): string => key('member', agent, name)

export const groupExists = async (reader: Reader, name: string): Promise<boolean> => (await reader.get(rowKey(name))) !== null

export const isMember = async (reader: Reader, name: string, agent: string): Promise<boolean> => (await reader.get(ofGroup(name, agent))) !== null

/** Names of the groups that an agent is in. */
export const groupsOf = async (reader: Reader, agent: string): Promise<readonly string[]> =>
  (await reader.scan<Membership>({ prefix: below('member', agent), limit: MOST_GROUPS })).map(({ value }) => value.group)

export const membersOf = async (reader: Reader, name: string): Promise<readonly string[]> =>
  (await reader.scan<Membership>({ prefix: below('group-member', name), limit: MOST_MEMBERS })).map(({ value }) => value.agent)

/** Prefix of all groups, by name. */
export const GROUPS = below('group')

/** Makes the group be of these members. */
export const putGroup = async (tx: Transaction, name: string, members: readonly string[]): Promise<void> => {
  for (const agent of await membersOf(tx, name)) if (!members.includes(agent)) leave(tx, name, agent)
  for (const agent of members) {
    tx.put(ofGroup(name, agent), { group: name, agent })
    tx.put(ofAgent(agent, name), { group: name, agent })
  }
  tx.put(rowKey(name), { name, members: members.length } satisfies GroupRow)
}

export const removeGroup = async (tx: Transaction, name: string): Promise<void> => {
  for (const agent of await membersOf(tx, name)) leave(tx, name, agent)
  tx.delete(rowKey(name))
}

const leave = (tx: Transaction, name: string, agent: string): void => {
  tx.delete(ofGroup(name, agent))
  tx.delete(ofAgent(agent, name))
}
