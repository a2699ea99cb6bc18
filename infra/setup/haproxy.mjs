import { join } from 'node:path'
import { HAPROXY } from './pins.mjs'
import { SetUpError, find, output, pathFolders, step } from './run.mjs'
import { newEnough } from './versions.mjs'
import { withLock } from './lock.mjs'

// Debian's package starts the service and enables it: a policy of "do not" while it installs, and off again after
const APT = `set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then trap 'rm -f $policy' EXIT INT TERM; printf '#!/bin/sh\\nexit 101\\n' > $policy; chmod 755 $policy; fi
export DEBIAN_FRONTEND=noninteractive
get() { apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" < /dev/null; }
get install --no-install-recommends haproxy || { get update; get install --no-install-recommends haproxy; }
if command -v systemctl > /dev/null; then systemctl disable haproxy > /dev/null 2>&1 || true; fi`

const places = () => [...pathFolders(), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']

const isThere = () => {
  const path = find('haproxy', places())
  return path !== null && newEnough(output(path, ['-v']) ?? '', HAPROXY.atLeast)
}

/** Ways to install it here, the ones that ask nobody; and what to type when there is none. */
const ways = () => {
  const has = (/** @type {string} */ name) => find(name, places())
  const root = process.getuid?.() === 0
  if (has('apt-get')) {
    const sudo = has('sudo')
    if (root) return { run: { file: 'sh', args: ['-c', APT] }, type: 'apt-get install haproxy' }
    if (sudo && output(sudo, ['-n', 'true']) !== null) return { run: { file: sudo, args: ['-n', 'sh', '-c', APT] }, type: 'sudo apt-get install haproxy' }
    return { type: 'sudo apt-get install haproxy' }
  }
  const brew = has('brew')
  if (brew) return { run: { file: brew, args: ['install', 'haproxy'] }, type: 'brew install haproxy' }
  const managers = { dnf: 'sudo dnf install haproxy', apk: 'sudo apk add haproxy', pacman: 'sudo pacman -S haproxy', zypper: 'sudo zypper install haproxy' }
  const type = Object.entries(managers).find(([name]) => has(name))?.[1]
  return { type: type ?? 'see https://www.haproxy.org/#down' }
}

/** HAProxy from the PATH, else from the system's packages. @param {string} cache folder for the lock */
export const haproxy = async (cache) => {
  if (isThere()) return
  await withLock(join(cache, 'haproxy.lock'), async () => {
    if (isThere()) return
    const { run, type } = ways()
    const instruction = `HAProxy ${HAPROXY.atLeast} or newer is needed. Type: ${type}`
    if (!run) throw new SetUpError(instruction)
    await step('installing HAProxy', run.file, run.args, { env: { ...process.env, HOMEBREW_NO_AUTO_UPDATE: '1', NONINTERACTIVE: '1' } })
    if (!isThere()) throw new SetUpError(instruction)
  })
}
