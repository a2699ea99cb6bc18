// Runs before every npm script, on any Node from 20 on, before anything is installed: plain JavaScript, no packages.
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dependencies } from './setup/dependencies.mjs'
import { haproxy } from './setup/haproxy.mjs'
import { HAPROXY, MINIO, NATS_SERVER, NODE_AT_LEAST } from './setup/pins.mjs'
import { goServers } from './setup/servers.mjs'
import { SetUpError } from './setup/run.mjs'
import { newEnough } from './setup/versions.mjs'

const HELP = `node infra/setup.mjs: brings what the playground needs; does nothing, quickly, when all is there.

  dependencies   npm ci, when package-lock.json changed; with them Node 24
  nats-server    ${NATS_SERVER.version}, from the PATH if as new, else built with Go
  MinIO          ${MINIO.version}, from the PATH, else built with Go
  HAProxy        ${HAPROXY.atLeast} or newer, from the PATH, else by apt or brew where they ask nobody

Servers are kept in $XDG_CACHE_HOME/one-record-playground (~/.cache). Exits with 1 and an instruction when something is missing.
`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'one-record-playground')

const main = async () => {
  if (!newEnough(process.version, NODE_AT_LEAST)) throw new SetUpError(`Node ${NODE_AT_LEAST} or newer is needed; this is ${process.version}.`)
  // each goes on when another fails: one run shows all that is missing
  const results = await Promise.allSettled([dependencies(root, cache), goServers(cache), haproxy(cache)])
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  for (const failure of failures) process.stderr.write(`set-up: ${failure instanceof SetUpError ? failure.message : failure.stack}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

if (process.argv.includes('--help') || process.argv.includes('-h')) process.stdout.write(HELP)
else await main()
