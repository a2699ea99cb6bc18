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
  if (!existsSync('/sys/fs/cgroup/cgroup.controllers') && !existsSync('/sys/fs/cgroup/pids')) return 'no control groups are mounted at /sys/fs/cgroup'
  return null
}

const isThere = (program: string): boolean =>
  SYSTEM_PATH.split(':').filter(Boolean).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
