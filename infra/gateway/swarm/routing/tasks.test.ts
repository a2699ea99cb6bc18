import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { LABEL } from '../labels.ts'
import { contains } from './subnets.ts'
import { placedOf } from './tasks.ts'

const OWN = [ipaddr.parseCIDR('10.0.1.3/24'), ipaddr.parseCIDR('172.18.0.5/16')]
const task = (more: object = {}) => ({
  ID: 't1', CreatedAt: '2026-11-21T17:31:16.148362279Z', ServiceID: 's1', Slot: 3, NodeID: 'n1', DesiredState: 'running',
  Spec: { ContainerSpec: { Image: 'x', Labels: { [LABEL.function]: 'echo.openfaas-fn' } } }, Status: { State: 'running' },
  NetworksAttachments: [{ Network: { ID: 'other' }, Addresses: ['10.0.9.4/24'] }, { Network: { ID: 'functions' }, Addresses: ['10.0.1.4/24'] }], ...more,
})

describe('a task as the engine lists it', () => {
  test('is placed at its address on a network of the gateway', () => {
    expect(placedOf([task()], OWN)).toEqual([{ taskId: 't1', functionId: 'echo.openfaas-fn', serviceId: 's1', slot: 3, node: 'n1', address: '10.0.1.4', state: 'running', createdAt: '2026-11-21T17:31:16.148362279Z' }])
    expect(placedOf([task()], [])[0]?.address).toBeNull()
  })

  test.each([
    ['new', 'coming'], ['pending', 'coming'], ['assigned', 'coming'], ['preparing', 'coming'], ['ready', 'coming'], ['starting', 'starting'], ['running', 'running'],
    ['complete', undefined], ['failed', undefined], ['rejected', undefined], ['shutdown', undefined], ['orphaned', undefined], ['a state to come', undefined],
  ])('%s counts as %s', (State, state) => {
    expect(placedOf([task({ Status: { State } })], OWN)[0]?.state).toBe(state)
  })

  test('before it has a node, a network or a number; without our label it is nobody\'s', () => {
    expect(placedOf([task({ NodeID: undefined, Slot: undefined, NetworksAttachments: null, Status: { State: 'new' } })], OWN)).toMatchObject([{ node: '', slot: 0, address: null }])
    expect(placedOf([task({ Spec: { ContainerSpec: { Labels: null } } }), task({ Spec: {} })], OWN)).toEqual([])
  })
})

test.each([['10.0.1.200', true], ['10.0.2.1', false], ['172.18.9.9', true], ['fd00::1', false], ['nonsense', false]])('%s is on a network of ours: %s', (address, is) => {
  expect(OWN.some((subnet) => contains(subnet, address))).toBe(is)
})
