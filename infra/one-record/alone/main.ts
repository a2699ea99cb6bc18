import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Application, Claim } from '../../slot/port.ts'
import { oneRecordApplication } from '../application.ts'
import { directoryStore } from './directory-store.ts'
import { eraseWhatIsPending } from './erasing.ts'
import { HELP } from './help.ts'
import { listen } from './listen.ts'
import { OptionError, readOptions, type Options } from './options.ts'
import { rightsOf } from './rights.ts'
import { openSecrets, type Secrets } from './secrets.ts'

/** For requests under way, and then for work of the record's own, milliseconds. */
const SHUTDOWN_MS = 5_000
const NOT_QUIET_MS = 50
/** There is no platform, and nothing on it: a name that nobody can have (RFC 6761, section 6.4). */
const NO_PLATFORM = { domain: 'alone.invalid', scheme: 'https', port: 443 } as const

const claimOf = ({ store, base, name, open, hideForbidden, trust, strictness, limits, outboundAllow }: Options, { client, signingKey }: Secrets): Claim => ({
  // whoever starts later takes the record over
  claimId: 'alone', deploymentId: 'alone', epoch: Date.now(), name, baseUrl: base, strictness, outboundAllow, limits,
  platform: NO_PLATFORM,
  access: { open, hideForbidden, trust, client, signingKey },
  storage: store.kind === 'bucket' ? store.access : { endpoint: `file://${store.path}`, region: '', bucket: '', prefix: 'record/', accessKeyId: '', secretAccessKey: '', sessionToken: '', expiresAt: '9999-12-31T23:59:59Z' },
})

/** Resolves to the exit code when it was asked to end, or when another server took the record. */
const serve = async (options: Options, application: Application): Promise<number> => {
  const { secrets, clientSecret } = openSecrets(options.secrets, options)
  const claim = claimOf(options, secrets)
  await application.attach(claim)
  const listening = await listen(application, { ...options, log: options.log ? (line) => void process.stdout.write(`${line}\n`) : null })
  tell(options, listening.port, secrets.client.id, clientSecret)
  const stop = new AbortController()
  const erasing = eraseWhatIsPending(application, {
    prefix: claim.storage.prefix, rights: rightsOf(options.store), signal: stop.signal,
    complain: (error) => void process.stderr.write(`What was erased is still in the store: ${error instanceof Error ? error.message : String(error)}\n`),
  })

  const reason = await Promise.race([application.deposed.then(() => 'deposed' as const), ...(['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal).then(() => 'asked' as const))])
  if (reason === 'deposed') process.stderr.write('Another server took this record.\n')
  stop.abort()
  await listening.end(SHUTDOWN_MS)
  await Promise.race([Promise.all([erasing, quiet(application)]), wait(SHUTDOWN_MS)])
  return reason === 'asked' ? 0 : 1
}

/** What is owed stays in the record; what is under way ends, and a checkpoint makes the next start short. */
const quiet = async (application: Application): Promise<void> => {
  while ((await application.quiesce()).state === 'busy') await wait(NOT_QUIET_MS)
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

const code = await main().catch((error: unknown) => {
  process.stderr.write(error instanceof OptionError ? `${error.message}\n\n${HELP}` : `${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof OptionError ? 2 : 1
})
// what is owed to somebody who is away would keep it running
process.exit(code)
