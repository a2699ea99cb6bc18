import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as send, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect } from 'vitest'
import type { FunctionEvent, FunctionHandler } from '../../functions/handler.ts'
import { brokenPromises } from '../../functions/testing/promises.ts'
import type { AskRoom } from '../../disk/room.ts'
import { logger } from '../../log.ts'
import { connectNats } from '../../nats/connect.ts'
import { subject } from '../../nats/subjects.ts'
import { parseAllow } from '../../outbound/allow.ts'
import { openOutbound } from '../../outbound/client.ts'
import type { NatsServer } from '../../testing/servers.ts'
import { systemContract } from '../contract.ts'
import type { Patience } from '../client-error.ts'
import { functionLogs } from '../function-logs.ts'
import { functionSpecSchema, type FunctionSpec } from '../function-spec.ts'
import type { FunctionHost } from '../host.ts'
import { inProcessHost } from '../in-process-host.ts'
import { openGateway } from '../open.ts'
import { secretFiles } from '../secret-files.ts'

export const KEYS = { user: 'admin', password: 'pass:word', signingKey: 'test-signing-key' } as const
export const BASIC = { authorization: `Basic ${Buffer.from(`${KEYS.user}:${KEYS.password}`).toString('base64')}` }

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; json(): unknown }
type Sent = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array }

export type TestGateway = {
  readonly url: string
  /** Times the change of functions was announced since it was all known. */
  announcements(): number
  /** `call('/system/info')`: any verb, any headers, by node:http. */
  call(path: string, sent?: Sent): Promise<Answer>
  /** As the gateway's user; an object body is sent as JSON. Each answer is held against the contract. */
  system(method: string, path: string, body?: unknown): Promise<Answer>
  stop(): Promise<void>
}
export type TestOptions = {
  /** Name -> handler; the image is `test/<name>:1`. */
  readonly handlers: Readonly<Record<string, FunctionHandler>>
  readonly nats: NatsServer
  /** Where they run, if not in this process. */
  readonly host?: FunctionHost
  /** Name among gateways; `gateway-1`. */
  readonly instance?: string
  /** Networks that callbacks may go to; loopback. */
  readonly allow?: string
  readonly patience?: Patience
  readonly stack?: readonly FunctionSpec[]
  readonly namespaceNetworks?: readonly string[]
  readonly folder?: string
  readonly bodyLimitBytes?: number
  readonly timeoutSeconds?: number
  readonly room?: AskRoom
}

export const specOf = (service: string, more: Readonly<Record<string, unknown>> = {}): FunctionSpec =>
  functionSpecSchema.parse({ service, image: `test/${service}:1`, ...more })

/** A gateway on a free port of loopback, with functions given as values. */
export const startGateway = async (options: TestOptions): Promise<TestGateway> => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'orp-gateway-'))
  const { instance = 'gateway-1', nats } = options
  const log = logger('gateway', 'silent')
  const broker = { NATS_URL: nats.url, SECRETS_DIR: folder }
  const gateway = await openGateway({
    host: options.host ?? inProcessHost(new Map(Object.entries(options.handlers).map(([name, handler]) => [`test/${name}`, async () => handler])), functionLogs(instance), secretFiles(join(folder, 'secrets'))),
    namespaceNetworks: options.namespaceNetworks ?? [], stack: options.stack ?? [], keys: KEYS, instance, servedBy: 'test',
    bodyLimitBytes: options.bodyLimitBytes ?? 16 * 1024 * 1024, timeoutSeconds: options.timeoutSeconds ?? 10,
    ...(options.patience ? { patience: options.patience } : {}),
    outbound: openOutbound({ allow: parseAllow(options.allow ?? '127.0.0.1/32'), ownHosts: [] }),
    connecting: connectNats(broker, instance), replicas: 1, room: options.room ?? (() => 'ample'), log,
  })
  await gateway.loaded
  let announced = 0
  const witness = await connectNats(broker, 'witness')
  witness.subscribe(subject.functionsChanged, { callback: () => void (announced += 1) })
  await witness.flush()
  const { server } = gateway
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const call = async (path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> => {
    // node:http frames no body of a DELETE by itself
    const framed = body === undefined || 'transfer-encoding' in headers ? headers : { 'content-length': String(Buffer.byteLength(body)), ...headers }
    const request = send(`${url}${path}`, { method, headers: framed, agent: false })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const bytes = await buffer(response)
    return { status: response.statusCode ?? 0, headers: response.headers, body: bytes, json: () => JSON.parse(bytes.toString()) as unknown }
  }
  return {
    url, call,
    announcements: () => announced,
    system: async (method, path, body) => {
      const answer = await call(path, { method, headers: { ...BASIC, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      const { pathname } = new URL(path, url)
      if (pathname.startsWith('/system/')) expect(brokenPromises(systemContract, method, pathname, { status: answer.status, headers: answer.headers as FunctionEvent['headers'], text: answer.body.toString() })).toEqual([])
      return answer
    },
    stop: async () => {
      await gateway.drain()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await gateway.close()
      await witness.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
