import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as send, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { FunctionHandler } from '../../functions/handler.ts'
import { logger } from '../../log.ts'
import { functionSpecSchema, type FunctionSpec } from '../function-spec.ts'
import { inProcessHost } from '../in-process-host.ts'
import { openRegistry } from '../registry.ts'
import { savedFunctions } from '../saved-functions.ts'
import { createGateway } from '../server.ts'

export const KEYS = { user: 'admin', password: 'pass:word', signingKey: 'test-signing-key' } as const
export const BASIC = { authorization: `Basic ${Buffer.from(`${KEYS.user}:${KEYS.password}`).toString('base64')}` }

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; json(): unknown }
type Sent = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array }

export type TestGateway = {
  readonly url: string
  /** Times the change of functions was announced. */
  announcements(): number
  /** `call('/system/info')`: any verb, any headers, by node:http. */
  call(path: string, sent?: Sent): Promise<Answer>
  /** As the gateway's user; an object body is sent as JSON. */
  system(method: string, path: string, body?: unknown): Promise<Answer>
  stop(): Promise<void>
}
export type TestOptions = {
  /** Name -> handler; the image is `test/<name>:1`. */
  readonly handlers: Readonly<Record<string, FunctionHandler>>
  readonly stack?: readonly FunctionSpec[]
  readonly folder?: string
  readonly bodyLimitBytes?: number
  readonly timeoutSeconds?: number
}

export const specOf = (service: string, more: Readonly<Record<string, unknown>> = {}): FunctionSpec =>
  functionSpecSchema.parse({ service, image: `test/${service}:1`, ...more })

/** A gateway on a free port of loopback, with functions given as values. */
export const startGateway = async (options: TestOptions): Promise<TestGateway> => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'orp-gateway-'))
  let announced = 0
  const log = logger('gateway', 'silent')
  const host = inProcessHost(new Map(Object.entries(options.handlers).map(([name, handler]) => [`test/${name}`, async () => handler])))
  const registry = await openRegistry({ host, log, saved: savedFunctions(join(folder, 'functions.json')), stack: options.stack ?? [], changed: () => (announced += 1) })
  const server = createGateway({
    registry, host, log, keys: KEYS, servedBy: 'test',
    bodyLimitBytes: options.bodyLimitBytes ?? 16 * 1024 * 1024, timeoutSeconds: options.timeoutSeconds ?? 10,
  })
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
    system: (method, path, body) =>
      call(path, { method, headers: { ...BASIC, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
