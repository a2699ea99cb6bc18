import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { SYSTEM_PATH } from './run.ts'

const PROGRAMS = { dockerd: 'docker.io', docker: 'docker.io', containerd: 'containerd', iptables: 'iptables', ip: 'iproute2', nsenter: 'util-linux', unshare: 'util-linux', openssl: 'openssl', perl: 'perl-base', 'docker-registry': 'docker-registry' } as const

/** Why no test bed can be made here, in a sentence that says what would help; null when it can. */
export const hindrance = (): string | null => {
  if (process.platform !== 'linux') return `a test bed needs Linux: its nodes are network namespaces (this is ${process.platform})`
  if (process.getuid?.() !== 0) return 'a test bed needs root: it makes network namespaces and starts engines'
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isThere(program))
  if (missing.length > 0) return `${missing.map(([program]) => program).join(', ')} missing: apt-get install --no-install-recommends ${[...new Set(missing.map(([, name]) => name))].join(' ')}`
  if (!CONTROL_GROUPS.some((path) => existsSync(path) && may(path, constants.W_OK))) return 'a test bed needs control groups at /sys/fs/cgroup that it may write to'
  if (spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true'], { env: { PATH: SYSTEM_PATH }, stdio: 'ignore' }).status !== 0) return 'a test bed needs namespaces, which this root may not make (a container without CAP_SYS_ADMIN?)'
  return null
}

/** Of version 1 and of version 2: where engines are put. */
const CONTROL_GROUPS = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/cgroup.subtree_control'] as const

const isThere = (program: string): boolean => SYSTEM_PATH.split(':').filter(Boolean).some((folder) => may(join(folder, program), constants.X_OK))

const may = (path: string, what: number): boolean => {
  try {
    accessSync(path, what)
    return true
  } catch {
    return false
  }
}
