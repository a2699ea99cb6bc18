import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, look, type Identity } from '../local/processes.ts'
import { engineGroup } from './cgroups.ts'
import { folderOf } from './names.ts'
import { run, SYSTEM_PATH } from './run.ts'
import type { Bed } from './state.ts'
import { TestbedError } from './testbed-error.ts'

type Registry = Bed['registry']
const PORT = 5000

/** Makes certificate, password and configuration of a registry on the bridge's address. */
export const prepareRegistry = async (bed: string, gateway: string): Promise<Registry> => {
  const folder = join(folderOf(bed), 'registry')
  const [key, ca, users, dockerConfig] = ['key.pem', 'ca.crt', 'users', 'docker-config'].map((name) => join(folder, name)) as [string, string, string, string]
  mkdirSync(dockerConfig, { recursive: true, mode: 0o700 })
  const registry = { address: `${gateway}:${PORT}`, user: 'testbed', password: randomBytes(12).toString('hex'), ca, dockerConfig }
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '365', '-subj', '/CN=test bed', '-addext', `subjectAltName=IP:${gateway}`, '-keyout', key, '-out', ca])
  writeFileSync(users, `${registry.user}:${await bcrypt(registry.password)}\n`, { mode: 0o600 })
  writeFileSync(join(dockerConfig, 'config.json'), JSON.stringify({ auths: { [registry.address]: { auth: Buffer.from(`${registry.user}:${registry.password}`).toString('base64') } } }), { mode: 0o600 })
  // JSON is YAML
  writeFileSync(join(folder, 'config.yml'), JSON.stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: registry.address, secret: randomBytes(16).toString('hex'), tls: { certificate: ca, key } },
    auth: { htpasswd: { realm: 'test bed', path: users } },
  }))
  return registry
}

/** The registry takes bcrypt alone; crypt(3) of Debian's libcrypt has it. */
const bcrypt = (password: string): Promise<string> =>
  run('perl', ['-e', 'my $password = <STDIN>; print crypt($password, q($2b$05$) . $ARGV[0])', randomBytes(16).toString('hex').slice(0, 22)], password)

/** Starts the registry. Resolves when it answers. @throws TestbedError with the end of its log */
export const startRegistry = async (bed: string, registry: Registry): Promise<Identity> => {
  const folder = join(folderOf(bed), 'registry')
  const log = openSync(join(folder, 'registry.log'), 'a')
  const enter = 'mkdir -p "$CGROUP"; echo 0 > "$CGROUP/cgroup.procs"; exec docker-registry serve "$1"'
  const child = spawn('sh', ['-euc', enter, 'registry', join(folder, 'config.yml')], {
    cwd: '/', detached: true, stdio: ['ignore', log, log], env: { PATH: SYSTEM_PATH, CGROUP: engineGroup(bed, 'registry') },
  })
  child.unref()
  closeSync(log)
  const seen = child.pid === undefined ? null : look(child.pid)
  for (const until = Date.now() + 120_000; seen && isAlive(seen) && Date.now() < until; await sleep(30)) if (await answers(registry)) return { pid: seen.pid, started: seen.started }
  throw new TestbedError(`the registry does not start:\n${readFileSync(join(folder, 'registry.log'), 'utf8').slice(-1000)}`)
}

const answers = ({ address, ca, user, password }: Registry): Promise<boolean> =>
  new Promise((resolve) => {
    get(`https://${address}/v2/`, { ca: readFileSync(ca), auth: `${user}:${password}`, agent: false, timeout: 5_000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    }).once('error', () => resolve(false))
  })
