import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as send, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { BASES } from '../../../images/bases/pins.ts'
import { run } from '../../../testbed/run.ts'
import type { Testbed } from '../../../testbed/testing/testbed.ts'
import { until } from '../../../testbed/testing/tasks.ts'
import { startForwarder } from '../../../testing/forwarder.ts'
import type { NatsServer } from '../../../testing/servers.ts'
import { BASIC, KEYS } from '../../testing/gateway.ts'

export type Answer = { readonly status: number; readonly text: string; readonly retryAfter: string | undefined }
type Sent = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string }

/** A gateway as it runs in a cluster: a container on the functions' network, by which alone functions are reached. */
export type GatewayContainer = {
  readonly url: string
  call(path: string, sent?: Sent): Promise<Answer>
  /** As the gateway's user. */
  system(method: string, path: string, body?: unknown): Promise<Answer>
  /** Lines of an answer that does not end, as they come; until the reader stops. */
  follow(path: string): AsyncGenerator<string>
  /** What it wrote to its own log. */
  log(): Promise<string>
  stop(): Promise<void>
}

const CHECKOUT = resolve(import.meta.dirname, '../../../..')

/** Starts it on the node of that number, from this checkout; `network` must be there, and attachable. */
export const startGatewayContainer = async (bed: Testbed, { nats, scope, network, node = 0 }: { readonly nats: NatsServer; readonly scope: string; readonly network: string; readonly node?: number }): Promise<GatewayContainer> => {
  const { socket, address } = bed.nodes[node] ?? { socket: '', address: '' }
  const folder = mkdtempSync(join(tmpdir(), 'orp-gateway-'))
  const secrets = {
    'basic-auth-user': KEYS.user, 'basic-auth-password': KEYS.password, 'signing-key': KEYS.signingKey,
    'registry-auth': JSON.stringify({ auths: { [bed.registry.address]: { auth: Buffer.from(`${bed.registry.user}:${bed.registry.password}`).toString('base64') } } }),
  }
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), value, { mode: 0o600 })
  const forwarder = await startForwarder(nats.port, bed.gateway)
  const environment = {
    FUNCTION_HOST: 'swarm', FUNCTION_SCOPE: scope, FUNCTION_NETWORK: network, FUNCTION_TIMEOUT_SECONDS: '60', BIND_ADDRESS: '0.0.0.0', GATEWAY_PORT: '8082', DATA_DIR: '/tmp/data', SECRETS_DIR: '/secrets',
    NATS_URL: `nats://${bed.gateway}:${forwarder.port}`, NODE_NAME: `node-${node + 1}`, PART_NAME: `gateway-${node + 1}`, LOG_LEVEL: 'debug',
  }
  const docker = (...args: readonly string[]) => run('docker', ['--host', `unix://${socket}`, '--config', bed.registry.dockerConfig, ...args])
  const id = (await docker(
    'run', '--detach', '--quiet', '--network', network, '--publish', '8082', '--workdir', '/app',
    '--volume', `${CHECKOUT}:/app:ro`, '--volume', `${socket}:/var/run/docker.sock`, '--volume', `${folder}:/secrets:ro`,
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    `${bed.registry.address}/${BASES.node}`, 'node', 'infra/gateway/main.ts',
  )).trim()
  const port = /:(\d+)\s*$/m.exec(await docker('port', id, '8082'))?.[1] ?? ''
  const url = `http://${address}:${port}`
  const agent = new Agent({ keepAlive: true })

  const call = (path: string, { method = 'GET', headers = {}, body }: Sent = {}) => new Promise<Answer>((answered, failed) => {
    send(`${url}${path}`, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) }, agent }, (response) => {
      text(response).then((said) => answered({ status: response.statusCode ?? 0, text: said, retryAfter: response.headers['retry-after'] }), failed)
    }).on('error', failed).end(body)
  })
  async function* follow(path: string): AsyncGenerator<string> {
    const request = send(`${url}${path}`, { headers: BASIC, agent: false }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    try {
      for await (const line of createInterface({ input: response })) if (line !== '') yield line
    } finally {
      request.destroy()
    }
  }
  const log = () => docker('logs', id)
  const stop = async () => {
    agent.destroy()
    await docker('rm', '--force', id)
    await forwarder.close()
    rmSync(folder, { recursive: true, force: true })
  }
  await until(() => call('/healthz').then(({ status }) => status === 200, () => false)).catch(async (error: unknown) => {
    const said = await log()
    await stop()
    throw new Error(`the gateway does not serve: ${said}`, { cause: error })
  })
  return {
    url, call, log, follow,
    system: (method, path, body) => call(path, { method, headers: { ...BASIC, accept: 'application/json', 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    stop,
  }
}
