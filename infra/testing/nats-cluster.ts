import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../local/binaries.ts'
import { end, freePort, listening } from './servers.ts'

export type NatsCluster = { readonly urls: readonly string[]; readonly folder: string; stop(): Promise<void> }

/** Three nats-servers that form one cluster, each with its own storage, `sync_interval: always`. JetStream needs a moment to elect. */
export const startNatsCluster = async (): Promise<NatsCluster> => {
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
  await Promise.all(nodes.map(({ port }) => listening(port)))
  return {
    urls: nodes.map(({ port }) => `nats://127.0.0.1:${port}`), folder,
    stop: async () => {
      await Promise.all(children.map((child) => end(child, 'SIGKILL')))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
