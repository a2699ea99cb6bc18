import { spawn } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { look, type Identity } from '../local/processes.ts'
import { containersGroup, engineGroup } from './cgroups.ts'
import { folderOf } from './names.ts'
import { namespacePath } from './network.ts'
import { SYSTEM_PATH } from './run.ts'
import { TestbedError } from './testbed-error.ts'

export type Engine = {
  readonly bed: string
  /** `node1`, or `builder`: its folder, and its hostname. */
  readonly name: string
  /** Network namespace; null: this machine's, and then it makes no networks of its own there. */
  readonly link: string | null
}

export const socketOf = (bed: string, name: string): string => join(folderOf(bed), name, 'docker.sock')

/** What an engine trusts: `/etc/docker/certs.d` in its own mounts. */
export const certificatesOf = (bed: string, name: string): string => join(folderOf(bed), name, 'etc', 'certs.d')

/**
 * The shell in front of an engine becomes process 1 of a machine of its own: with its end the kernel ends all that ran there, as a
 * power cut would. An engine that ended is started again, as a system's own supervisor does.
 */
const MACHINE = `
mount --make-rprivate / && mount --make-rshared /
hostname "$HOST"
mkdir -p /run/docker /run/containerd /etc/docker
mount -t tmpfs tmpfs /run/docker
mount -t tmpfs tmpfs /run/containerd
mount --bind "$FOLDER/etc" /etc/docker
while :; do
  rm -f "$FOLDER/docker.pid"
  dockerd "$@" || echo "the engine ended with code $?"
  sleep 1
done`

const ENTER = `
mkdir -p "$CGROUP"; echo 0 > "$CGROUP/cgroup.procs"
exec \${NAMESPACE:+nsenter --net="$NAMESPACE"} unshare --mount --uts --ipc --pid --fork --kill-child --mount-proc sh -euc "$MACHINE" engine "$@"`

/** Starts an engine; resolves at once. `ready` says when it answers. */
export const startEngine = ({ bed, name, link }: Engine): Identity => {
  const folder = join(folderOf(bed), name)
  mkdirSync(join(folder, 'etc'), { recursive: true })
  const args = [
    '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'docker.pid'), '-H', `unix://${socketOf(bed, name)}`,
    '--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', containersGroup(bed, name),
    ...(link === null ? ['--bridge=none', '--iptables=false', '--ip-masq=false', '--ip-forward=false'] : []),
  ]
  const log = openSync(join(folder, 'engine.log'), 'a')
  const env = {
    PATH: SYSTEM_PATH, LANG: 'C.UTF-8', HOME: '/root', HOST: name, FOLDER: folder, MACHINE, CGROUP: engineGroup(bed, name),
    ...(link === null ? proxies() : { NAMESPACE: namespacePath(link) }),
  }
  const child = spawn('sh', ['-euc', ENTER, 'engine', ...args], { cwd: '/', detached: true, stdio: ['ignore', log, log], env })
  child.unref()
  closeSync(log)
  const seen = child.pid === undefined ? null : look(child.pid)
  if (!seen) throw new TestbedError(`the engine of ${name} did not start: ${lastLines(bed, name)}`)
  return { pid: seen.pid, started: seen.started }
}

/** The builder pulls as this machine does. */
const proxies = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name)))

/** Resolves when the engine answers. @throws TestbedError with the end of its log when it gave up, or after three minutes */
export const ready = async (bed: string, name: string): Promise<void> => {
  const docker = new Docker({ socketPath: socketOf(bed, name) })
  for (const until = Date.now() + 180_000; ; await sleep(50)) {
    if (await docker.ping().then(() => true, () => false)) return
    if (Date.now() > until || /the engine ended with code/.test(lastLines(bed, name))) throw new TestbedError(`the engine of ${name} does not start:\n${lastLines(bed, name)}`)
  }
}

const lastLines = (bed: string, name: string): string => readFileSync(join(folderOf(bed), name, 'engine.log'), 'utf8').trimEnd().split('\n').slice(-8).join('\n')
