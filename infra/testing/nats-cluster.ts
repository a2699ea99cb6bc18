import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../local/binaries.ts'
import { end, freePort, listening } from './servers.ts'

export type NatsCluster = { readonly urls: readonly string[]; readonly folder: string; stop(): Promise<void> }

/** Three nats-servers that form one cluster, each with its own storage, `sync_interval: always`. JetStream needs a moment to elect. */
export const startNatsCluster = async (): Promise<NatsCluster> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startNodes()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error // a port of it may have been taken by another at the same moment: others then
    }
  }
}
const ATTEMPTS = 3

const startNodes = async (): Promise<NatsCluster> => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-nats-cluster-'))
  const nodes = await Promise.all([1, 2, 3].map(async (node) => ({ node, port: await freePort(), route: await freePort() })))
  const routes = nodes.map(({ route }) => `"nats://127.0.0.1:${route}"`).join(', ')
  const children = nodes.map(({ node, port, route }) => {
    const config = join(folder, `${node}.conf`)
    writeFileSync(config, [
      `server_name: node-${node}`,
      `listen: "127.0.0.1:${port}"`,
      `jetstream: { store_dir: "${folder}/${node}", sync_interval: always }`,
      `cluster: { name: playground, listen: "127.0.0.1:${route}", routes: [${routes}] }`,
    ].join('\n'))
    return spawn(binary('nats-server'), ['-c', config], { stdio: 'ignore' })
  })
  // whatever a crashed test run leaves is ended with this process
  process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')))
  const stop = async () => {
    await Promise.all(children.map((child) => end(child, 'SIGKILL')))
    rmSync(folder, { recursive: true, force: true })
  }
  const early = children.map((child, index) => once(child, 'exit').then(([code]) => { throw new Error(`nats-server ${index + 1} of the cluster ended at its start with code ${code}`) }))
  early.forEach((each) => each.catch(() => {})) // later ends are wanted
  try {
    await Promise.race([Promise.all(nodes.map(({ port }) => listening(port))), ...early])
  } catch (error) {
    await stop()
    throw error
  }
  return { urls: nodes.map(({ port }) => `nats://127.0.0.1:${port}`), folder, stop }
}
