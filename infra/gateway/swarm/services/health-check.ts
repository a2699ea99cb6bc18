import type { HealthConfig } from 'dockerode'
import type { Pinned } from '../../host.ts'
import { FUNCTION_PORT } from '../labels.ts'
import type { Policy } from './policy.ts'
import { nanoseconds } from './quantities.ts'

/** A slow node is no sick function. */
const TIMEOUT_MS = 10_000
const RETRIES = 3
/** Of a check that the gateway finds fit, milliseconds: each runs a process in the container. */
const LISTENS = { intervalMs: 3_000, startMs: 60_000 }

/** Swarm counts a replica as running, and ends the one it replaces, once this says so. undefined: the image's own, or at once. */
export const healthCheck = ({ health }: Pick<Policy, 'health'>, { gate }: Pick<Pinned, 'gate'>): HealthConfig | undefined => {
  if (health?.kind === 'none') return { Test: ['NONE'] }
  if (health) return check(health.kind === 'command' ? health.text : asking(health.text), health)
  return gate === undefined ? undefined : check(LISTENING, LISTENS)
}

const check = (command: string, { intervalMs, startMs }: { readonly intervalMs: number; readonly startMs: number }): HealthConfig =>
  ({ Test: ['CMD-SHELL', command], Interval: nanoseconds(intervalMs), Timeout: nanoseconds(TIMEOUT_MS), StartPeriod: nanoseconds(startMs), Retries: RETRIES })

/** Nothing but a shell is needed: the kernel's own table of sockets (proc(5)) tells who listens, state 0A. */
const LISTENING = `for f in /proc/net/tcp /proc/net/tcp6; do [ -r $f ] || continue; while read -r l; do case "$l" in *:${FUNCTION_PORT.toString(16).toUpperCase().padStart(4, '0')}\\ *:0000\\ 0A\\ *) exit 0;; esac; done < $f; done; exit 1`

/** With whichever of these the image has. */
const asking = (path: string): string => {
  const url = `http://127.0.0.1:${FUNCTION_PORT}${path}`
  const tools = [['wget', `wget -q -O /dev/null ${url}`], ['curl', `curl -fsS -o /dev/null ${url}`], ['node', `node -e "fetch('${url}').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"`], ['python3', `python3 -c "import urllib.request as r;r.urlopen('${url}')"`]] as const
  return `${tools.map(([tool, command]) => `if command -v ${tool} >/dev/null; then exec ${command}; fi`).join('; ')}; echo "no wget, curl, node or python3 to ask ${path} with"; exit 1`
}
