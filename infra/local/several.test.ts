import { expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { haproxyBeside, instancesOf, kindOf } from './several.ts'
import type { Ports } from './ports.ts'

const ports: Ports = {
  HTTP_PORT: 1, WAKER_PORT: 2, GATEWAY_PORT: 3, POSTGRES_PORT: 4, NATS_URL: 5, OBJECT_STORE_URL: 6,
  'HTTP_PORT 2': 11, 'WAKER_PORT 2': 12, 'GATEWAY_PORT 2': 13,
}
const of = (environment: Record<string, string>) => instancesOf(readConfig({ DATA_DIR: '/data', HTTP_PORT: '1', ...environment }), ports, (folder) => `${folder}/haproxy.sock`)

it('gives a single part its plain name and the plain configuration', () => {
  expect(of({})).toEqual({
    credentials: [{ name: 'credentials', own: {} }],
    gateway: [{ name: 'gateway', own: { GATEWAY_PORT: 3 } }], dispatcher: [{ name: 'dispatcher', own: { GATEWAY_PORT: 3 } }],
    projector: [{ name: 'projector', own: {} }], agent: [{ name: 'agent', own: { NODE_NAME: 'node-1' } }], edge: [{ name: 'edge', own: {} }],
  })
})

it('gives each of several a folder, a port and a name of its own', () => {
  const { gateway, agent, edge } = of({ GATEWAYS: '2', AGENTS: '2', EDGES: '2' })
  expect(gateway[1]).toEqual({ name: 'gateway-2', own: { DATA_DIR: '/data/gateway-2', GATEWAY_PORT: 13 } })
  expect(agent.map(({ own }) => own)).toEqual([{ DATA_DIR: '/data/agent-1', NODE_NAME: 'node-1' }, { DATA_DIR: '/data/agent-2', NODE_NAME: 'node-2' }])
  expect(edge[1]).toEqual({
    name: 'edge-2',
    own: { DATA_DIR: '/data/edge-2', EDGE_ID: 'edge-2', EDGE_SOCKET: '/data/edge-2/haproxy.sock', HTTP_PORT: 11, WAKER_PORT: 12, PUBLIC_PORT: 1 },
  })
})

it('spreads dispatchers over the gateways', () => {
  expect(of({ GATEWAYS: '2', DISPATCHERS: '3' }).dispatcher.map(({ own }) => own.GATEWAY_PORT)).toEqual([3, 13, 3])
})

it('numbers a node that has no number', () => {
  expect(of({ AGENTS: '2', NODE_NAME: 'berlin' }).agent.map(({ own }) => own.NODE_NAME)).toEqual(['berlin-1', 'berlin-2'])
})

it('knows the kind of a part, and the HAProxy of an edge', () => {
  expect(['agent-2', 'agent', 'nats-server'].map(kindOf)).toEqual(['agent', 'agent', 'nats-server'])
  expect(['edge', 'edge-2'].map(haproxyBeside)).toEqual(['haproxy', 'haproxy-2'])
})
