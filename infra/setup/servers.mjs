import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MINIO, NATS_SERVER } from './pins.mjs'
import { SetUpError, find, output, pathFolders, step } from './run.mjs'
import { newEnough } from './versions.mjs'
import { withLock } from './lock.mjs'

/** @typedef {{name: string, pin: {version: string, module: string}, suits(path: string): boolean}} GoServer */

/** @param {string} bin */
const stamp = (bin) => (existsSync(`${bin}.version`) ? readFileSync(`${bin}.version`, 'utf8') : null)

/** @type {readonly GoServer[]} */
const SERVERS = [
  { name: 'nats-server', pin: NATS_SERVER, suits: (path) => newEnough(output(path, ['--version']) ?? '', NATS_SERVER.version) },
  // starting MinIO takes a third of a second: what set-up built itself is known by its stamp
  { name: 'minio', pin: MINIO, suits: (path) => stamp(path) === MINIO.version || (stamp(path) === null && output(path, ['--version']) !== null) },
]

/** The cache comes first, as `binary` in infra/local looks there first. @param {GoServer} server @param {string} bin */
const isThere = (server, bin) => {
  const cached = find(server.name, [bin])
  const path = cached ?? find(server.name, pathFolders())
  if (path === null || !server.suits(path)) return false
  if (cached && stamp(cached) === null) writeFileSync(`${cached}.version`, server.pin.version)
  return true
}

/** What is on the PATH and new enough needs no copy, but an old one in the cache would hide it. @param {GoServer} server @param {string} bin */
const usesPath = (server, bin) => {
  const path = find(server.name, pathFolders())
  if (path === null || !server.suits(path)) return false
  rmSync(join(bin, server.name), { force: true })
  rmSync(join(bin, `${server.name}.version`), { force: true })
  return true
}

/** nats-server and MinIO: from the PATH, from the cache, or built into it, both at once. @param {string} cache */
export const goServers = async (cache) => {
  const bin = join(cache, 'bin')
  const missing = () => SERVERS.filter((server) => !isThere(server, bin) && !usesPath(server, bin))
  if (missing().length === 0) return
  await withLock(join(cache, 'servers.lock'), async () => {
    const wanted = missing()
    if (wanted.length === 0) return
    const go = find('go', [...pathFolders(), '/usr/local/go/bin', '/opt/homebrew/bin', '/usr/lib/go/bin'])
    if (!go) throw new SetUpError(instruction(wanted))
    const results = await Promise.allSettled(wanted.map((server) => build(go, server, bin)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  })
}

/** Built beside and moved in whole: an interrupted build leaves nothing that looks finished. @param {string} go @param {GoServer} server @param {string} bin */
const build = async (go, server, bin) => {
  mkdirSync(bin, { recursive: true })
  const beside = mkdtempSync(join(bin, '.build-'))
  try {
    await step(`building ${server.name} ${server.pin.version}`, go, ['install', server.pin.module], { env: { ...process.env, GOBIN: beside, CGO_ENABLED: '0' } })
    renameSync(join(beside, server.name), join(bin, server.name))
    writeFileSync(join(bin, `${server.name}.version`), server.pin.version)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

/** @param {readonly GoServer[]} wanted */
const instruction = (wanted) =>
  `${wanted.map(({ name, pin }) => `${name} (${pin.version} or newer)`).join(' and ')} not found, and no Go to build it with.\n` +
  'Install Go 1.24 or newer from https://go.dev/dl/ and run this again, or put the servers on the PATH.'
