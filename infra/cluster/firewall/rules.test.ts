import { expect, test } from 'vitest'
import { rulesFor4, rulesFor6 } from './rules.ts'

const options = { nodes: ['10.1.0.1', '10.1.0.2'], visitors: [80, 443], ssh: 22 }
const rules = rulesFor4(options).split('\n')

test('the ports of Swarm are open to the other nodes alone', () => {
  const swarm = rules.filter((rule) => /\b(2377|7946|4789)\b/.test(rule))
  expect(swarm).toHaveLength(4)
  expect(swarm.every((rule) => /-s 10\.1\.0\.[12] .*-j RETURN$/.test(rule))).toBe(true)
})

test('what is not named is closed, into the node, into containers, and from containers to nodes', () => {
  expect(rules.filter((rule) => rule.startsWith('-A ONE-RECORD-IN ')).at(-1)).toBe('-A ONE-RECORD-IN -j DROP')
  expect(rules).toContain('-A ONE-RECORD-FWD -o docker_gwbridge ! -i docker_gwbridge -j DROP')
  for (const node of options.nodes) expect(rules).toContain(`-A ONE-RECORD-FWD -i docker_gwbridge -d ${node} -j DROP`)
  expect(rulesFor6(options).split('\n').filter((rule) => rule.startsWith('-A')).at(-1)).toBe('-A ONE-RECORD-IN -j DROP')
})

test('sshd is open unless it is not wanted', () => {
  expect(rules).toContain('-A ONE-RECORD-IN -p tcp --dport 22 -j RETURN')
  expect(rulesFor4({ ...options, ssh: null })).not.toContain('--dport 22 ')
})
