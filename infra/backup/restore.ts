import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { secret } from '../config.ts'
import { connectRoot } from '../credentials/root.ts'
import { readSettings } from '../local/environment.ts'
import { connectNats } from '../nats/connect.ts'
import { bringBack } from './bring-back.ts'
import { runCommand, UsageError } from './command.ts'
import { readManifest, verify, type Manifest } from './manifest.ts'
import { showProgress, type Progress } from './progress.ts'
import { bringBackSecrets, fingerprint } from './secrets.ts'
import { holdsData, openStaging, type Staging } from './staging.ts'

const HELP = `npm run restore -- --from FOLDER [--data-dir FOLDER] [--replace]

Brings a backup back where no playground runs, and ends; npm start then serves what was backed up. All of it or nothing: it is made
beside DATA_DIR (or --data-dir) and takes its place when it is whole.

  --replace   also where there is data; that is kept beside, in DATA_DIR.before-<time>

Secrets: those of the backup, if it has them; else those that are in the data folder; else new ones, which is said.
Exit code: 0 done, 1 not (all is as it was), 2 usage.
`

const main = async (ended: AbortSignal): Promise<void> => {
  const { values } = parseArgs({ options: { from: { type: 'string' }, 'data-dir': { type: 'string' }, replace: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) return void process.stdout.write(HELP)
  if (!values.from) throw new UsageError(HELP)
  const [from, given] = [resolve(values.from), values['data-dir'] && resolve(values['data-dir'])]
  process.chdir(fileURLToPath(new URL('../..', import.meta.url))) // relative paths of the configuration begin here
  const settings = readSettings(false)
  const named = resolve(given ?? settings.DATA_DIR)
  const dataDir = existsSync(named) ? realpathSync(named) : named
  if (holdsData(dataDir) && !values.replace) throw new Error(`${dataDir} holds a playground: --replace puts the backup in its place, and keeps it beside`)

  const progress = showProgress()
  let leave = async (): Promise<void> => {}
  ended.addEventListener('abort', () => void leave().finally(() => process.exit(1)))
  try {
    const manifest = readManifest(from)
    await verify(from, manifest, progress)
    let hasSecrets = false
    const staging = await openStaging(dataDir, {
      from: process.env['SECRETS_DIR'] || join(dataDir, 'secrets'),
      bringBack: (folder) => { hasSecrets = bringBackSecrets(from, folder) },
    }, progress.say)
    leave = () => staging.discard()
    const before = await into(staging, settings, from, manifest, progress)
    if (process.env['SECRETS_DIR']) bringBackSecrets(from, resolve(process.env['SECRETS_DIR'])) // npm start looks there
    progress.say(`done: ${dataDir} is as it was after ${manifest.startedAt}${before === null ? '' : `; what was there before is in ${before}`}`)
    progress.say(`its objects carry the address ${manifest.address}; PUBLIC_PORT, PUBLIC_SCHEME and DEPLOYMENTS_DOMAIN keep it whatever the ports`)
    progress.say(`${hasSecrets ? 'secrets are those of the backup' : 'the backup has no secrets'}; npm start serves it`)
  } finally {
    progress.end()
  }
}

const into = async (staging: Staging, settings: ReturnType<typeof readSettings>, from: string, manifest: Manifest, progress: Progress): Promise<string | null> => {
  try {
    const config = await staging.serve(settings)
    if (fingerprint(config) !== manifest.signingKey) {
      progress.say('another signing key than the backup\'s: subscribers need new secrets, secrets of functions have to be set again, calls that were queued cannot be read')
    }
    const connection = await connectNats(config, 'restore')
    try {
      const root = connectRoot({
        endpoint: config.OBJECT_STORE_URL, region: config.OBJECT_STORE_REGION, bucket: config.OBJECT_STORE_BUCKET,
        user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password'),
      })
      await bringBack({ connection, root, replicas: 1 }, from, manifest, progress)
    } finally {
      await connection.close()
    }
    await staging.stop()
    return staging.replace()
  } catch (error) {
    await staging.discard()
    throw error
  }
}

await runCommand(main)
