import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Application, Claim } from '../../slot/port.ts'
import { oneRecordApplication } from '../application.ts'
import { directoryStore } from './directory-store.ts'
import { HELP, OptionError, readOptions, type Options } from './options.ts'
import { openSecrets, type Secrets } from './secrets.ts'

const MIB = 1024 * 1024
/** What one server by itself takes; nobody shares its machine. */
const LIMITS: Claim['limits'] = { storedBytes: 2 ** 50, objects: 10 ** 9, bodyBytes: 16 * MIB, documentBytes: 1024 * MIB, requestsPerMinute: 1_000_000 }
const SHUTDOWN_MS = 10_000

const claimOf = ({ store, base, name, open }: Options, { client, signingKey }: Secrets): Claim => {
  const { hostname, port, protocol } = new URL(base)
  const scheme = protocol === 'https:' ? 'https' : 'http'
  return {
    // whoever starts later takes the record over
    claimId: 'alone', deploymentId: 'alone', epoch: Date.now(), name, baseUrl: base, strictness: 'strict', outboundAllow: '', limits: LIMITS,
    platform: { domain: hostname, scheme, port: Number(port) || (scheme === 'https' ? 443 : 80) },
    access: { open, hideForbidden: true, trust: [], client, signingKey },
    storage: store.kind === 'bucket' ? store.access : { endpoint: `file://${store.path}`, region: '', bucket: '', prefix: 'record/', accessKeyId: '', secretAccessKey: '', sessionToken: '', expiresAt: '9999-12-31T23:59:59Z' },
  }
}

/** Resolves to the exit code when it was asked to end, or when another server took the record. */
const serve = async (options: Options, application: Application): Promise<number> => {
  const { secrets, clientSecret } = openSecrets(options.secrets)
  await application.attach(claimOf(options, secrets))
  const server = createServer((request, response) => void application.handle(request, response))
  server.listen(options.port, options.host)
  await once(server, 'listening')
  tell(options, (server.address() as AddressInfo).port, secrets.client.id, clientSecret)

  const reason = await Promise.race([application.deposed.then(() => 'deposed' as const), ...(['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal).then(() => 'asked' as const))])
  if (reason === 'deposed') process.stderr.write('Another server took this record.\n')
  setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS).unref()
  server.close()
  server.closeIdleConnections()
  await once(server, 'close')
  await application.quiesce()
  return reason === 'asked' ? 0 : 1
}

const tell = ({ base, open, secrets }: Options, port: number, clientId: string, clientSecret: string | null): void => {
  const lines = [`ONE Record server: ${base}/ (port ${port})`]
  if (open) lines.push('Open: nobody is asked for a token, everybody is the holder.')
  else lines.push(`Token: curl -u ${clientId}:SECRET -d grant_type=client_credentials ${base}/oauth2/token`)
  if (clientSecret !== null) lines.push(`Client secret of ${clientId}, said this once (its hash and the key are in ${secrets}): ${clientSecret}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options.help) return process.stdout.write(HELP), 0
  const { store } = options
  return await serve(options, oneRecordApplication(store.kind === 'folder' ? { openStore: () => directoryStore(store.path) } : {}))
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(error instanceof OptionError ? `${error.message}\n\n${HELP}` : `${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof OptionError ? 2 : 1
})
