import { describe, expect, test } from 'vitest'
import { parseConstraint, satisfies, type NodeFacts } from './constraints.ts'

const node: NodeFacts = {
  id: 'abc', hostname: 'node-1', role: 'manager', address: '10.1.0.1', os: 'linux', arch: 'x86_64', labels: { zone: 'EU', 'a.b': '1' }, engineLabels: { disk: 'ssd' }, nanoCpus: 2e9, memoryBytes: 2 ** 30,
}

describe('a constraint', () => {
  test.each([
    ['node.labels.zone == eu', true], ['node.labels.zone!=eu', false], ['node.labels.zone==us', false], ['node.labels.Zone==eu', false], ['node.labels.none != x', true], ['node.labels.a.b==1', true],
    ['node.hostname==node-1', true], ['node.id == abc', true], ['node.role==worker', false], ['node.role == Manager', true], ['node.platform.os==linux', true], ['node.platform.arch==amd64', true],
    ['engine.labels.disk==ssd', true], ['node.ip==10.1.0.1', true], ['node.ip==10.1.0.2', false], ['node.ip==10.1.0.0/16', true],
  ])('%s: %s', (text, expected) => {
    const constraint = parseConstraint(text)
    expect(constraint && satisfies(node, constraint)).toBe(expected)
  })

  test.each(['', 'node.labels.zone', 'node.labels.zone=eu', 'kubernetes.io/hostname == a', 'node.size==1', 'node.labels.==1', 'node.labels. == x', 'node.role == ', 'node.role==a;b', 'node.labels.zone === eu'])('%j is none', (text) => {
    expect(parseConstraint(text)).toBeUndefined()
  })
})
