import { z } from 'zod'
import { instanceStatusSchema } from '../../events/instance/events.ts'
import { contract } from '../../infra/functions/contract.ts'
import { pageQuery } from '../../infra/functions/page.ts'
import { NODE_STATES } from '../../projections/nodes/queries.ts'
import { nodeSchema, nodesSchema, usedSchema } from './answers.ts'

const listQuery = z.strictObject({ state: z.enum(NODE_STATES).optional(), ...pageQuery })
export type ListQuery = z.infer<typeof listQuery>
const showQuery = z.strictObject({ state: instanceStatusSchema.optional().meta({ description: 'Of the slots.' }), ...pageQuery })
export type ShowQuery = z.infer<typeof showQuery>

const AT = '2026-03-02T09:00:00.000Z'
const NODE = {
  node: 'agent-1', state: 'live', since: AT, startedAt: AT, adopted: 0, maxSlots: 200, lastSeenAt: null, slotsLost: 0, lostSlotReason: null, lostSlotAt: null, drain: null,
  now: { at: '2026-03-02T10:00:00.000Z', free: { small: 4 }, claimed: 1, load: 0.3, psi: { cpu: 2.1, memory: 0, io: 0.4 }, memoryFreeBytes: 4_294_967_296 },
} as const
const NODES: z.input<typeof nodesSchema> = { items: [{ ...NODE, slots: { running: 1 } }], next: null }
const SHOWN: z.input<typeof nodeSchema> = {
  ...NODE,
  slots: { items: [{ claimId: 'q2fMZJ1xTq3Yb0tD9cVw5A-1', deploymentId: 'q2fMZJ1xTq3Yb0tD9cVw5A', node: 'agent-1', slot: 'slot-7', address: '127.0.0.1:20001', state: 'running', since: AT }], next: null },
}

const DRAINING: z.input<typeof usedSchema> = { node: 'agent-1', drain: { state: 'draining', cause: 'operator', requestedAt: AT, since: AT, left: 12 } }

const use = { headers: ['Idempotency-Key'], problems: ['NOT_FOUND', 'IDEMPOTENCY_KEY_REUSED', 'STORE_UNAVAILABLE', 'STORAGE_FULL'] } as const

export const nodesContract = contract({
  name: 'nodes',
  title: 'Nodes',
  description: 'The machines and the slots on them: what their events tell, and what their agents say now.',
  security: 'operator',
  params: { node: z.string().meta({ description: 'Name of the node.', example: 'agent-1' }) },
  routes: {
    'GET /': {
      summary: 'List nodes', description: 'By name, each with its claimed slots counted by state.', query: listQuery,
      answers: { 200: { description: 'A page of them.', body: nodesSchema, example: NODES } }, problems: ['READ_MODEL_UNAVAILABLE'],
    },
    'GET /:node': {
      summary: 'Show a node and its slots', query: showQuery,
      answers: { 200: { description: 'The node, and a page of the slots that are claimed on it.', body: nodeSchema, example: SHOWN } }, problems: ['NOT_FOUND', 'READ_MODEL_UNAVAILABLE'],
    },
    'POST /:node/drain': {
      ...use, summary: 'Drain a node',
      description: 'It takes no claims any more, and what it holds goes elsewhere, a few deployments at a time: those that run without a request lost, those that sleep asleep. `drain.left` of the node says how many are left. Asking again is harmless.',
      answers: { 202: { description: 'Decided. The node as it is now.', body: usedSchema, example: DRAINING, headers: ['Content-Location'] } },
    },
    'POST /:node/return': {
      ...use, summary: 'Take a node into use again', description: 'Whether it is empty or not. What has left it does not come back by itself. Asking again is harmless.',
      answers: { 202: { description: 'Decided. The node as it is now.', body: usedSchema, example: { node: 'agent-1', drain: null }, headers: ['Content-Location'] } },
    },
  },
})
