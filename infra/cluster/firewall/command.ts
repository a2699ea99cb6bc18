import { execFileSync } from 'node:child_process'
import { UsageError } from '../../backup/command.ts'
import { listNodes } from '../engine.ts'
import { CHAINS, rulesFor4, rulesFor6, type FirewallOptions } from './rules.ts'

export type FirewallCommand = {
  readonly apply: boolean
  /** Addresses of the nodes; none: as Swarm knows them. */
  readonly nodes: readonly string[] | undefined
  /** Port of each node's edge. */
  readonly httpPort: number
  readonly ssh: number | null
}

const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/

/** Prints the rules of this cluster, or puts them in force on the machine this runs on. Again whenever a node has joined or left. */
export const firewall = async ({ apply, nodes, httpPort, ssh }: FirewallCommand, say: (text: string) => void): Promise<void> => {
  const addresses = nodes ?? (await listNodes()).map(({ address }) => address)
  const wrong = addresses.filter((address) => !ADDRESS.test(address))
  if (wrong.length > 0) throw new UsageError(`--node is an IPv4 address; ${wrong.join(', ')} is none`)
  const options: FirewallOptions = { nodes: addresses, visitors: [...new Set([httpPort, 443])], ssh }
  if (!apply) return void process.stdout.write(`# iptables-restore --noflush\n${rulesFor4(options)}\n# ip6tables-restore --noflush\n${rulesFor6(options)}`)
  put('iptables', rulesFor4(options), [['INPUT', CHAINS.input], ['DOCKER-USER', CHAINS.forward]])
  put('ip6tables', rulesFor6(options), [['INPUT', CHAINS.input]])
  say(`in force: ${addresses.length} nodes among themselves; ${options.visitors.join(', ')}${ssh === null ? '' : ` and ${ssh}`} for everybody; nothing else`)
}

/** All rules at once, then the way into them, before every other. */
const put = (tool: 'iptables' | 'ip6tables', rules: string, jumps: readonly (readonly [from: string, to: string])[]): void => {
  run(`${tool}-restore`, ['--wait', '10', '--noflush'], rules)
  for (const [from, to] of jumps) {
    if (!succeeds(tool, ['--wait', '10', '-n', '-L', from])) run(tool, ['--wait', '10', '-N', from]) // Docker has not started yet, and takes it as it is
    if (!succeeds(tool, ['--wait', '10', '-C', from, '-j', to])) run(tool, ['--wait', '10', '-I', from, '1', '-j', to])
  }
}

const run = (file: string, args: readonly string[], input = ''): void => void execFileSync(file, args, { input, stdio: ['pipe', 'ignore', 'inherit'] })

const succeeds = (file: string, args: readonly string[]): boolean => {
  try {
    execFileSync(file, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
