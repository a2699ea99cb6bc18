import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { publicUrl, secret } from '../config.ts'
import { connectRoot } from '../credentials/root.ts'
import { readSettings } from '../local/environment.ts'
import { findRunning } from '../local/running.ts'
import { connectNats } from '../nats/connect.ts'
import { runCommand, UsageError } from './command.ts'
import { openPartial } from './partial.ts'
import { showProgress, size } from './progress.ts'
import { takeBackup } from './take.ts'

const HELP = `npm run backup -- --to FOLDER [--include-secrets] [--data-dir FOLDER]

Copies the playground that runs from DATA_DIR (or --data-dir) into a new folder, while it goes on. In it: everything that was
acknowledged before the backup began. FOLDER appears when all is in it and on disk; until then it is FOLDER.partial.

  --include-secrets   also secrets.json: the signing key (without it subscribers' secrets change, and secrets of functions and
                      queued calls cannot be read), the operator's token, the gateway's user. Keep such a backup as you keep those.

Exit code: 0 done, 1 not (nothing is left), 2 usage.
`

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const main = async (ended: AbortSignal): Promise<void> => {
  const { values } = parseArgs({ options: { to: { type: 'string' }, 'data-dir': { type: 'string' }, 'include-secrets': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) return void process.stdout.write(HELP)
  if (!values.to) throw new UsageError(HELP)
  const [target, dataDir] = [resolve(values.to), values['data-dir'] && resolve(values['data-dir'])]
  process.chdir(ROOT) // relative paths of the configuration begin here
  const settings = readSettings(false)
  const running = findRunning(dataDir ?? settings.DATA_DIR)
  if (!running) throw new Error(`no playground runs from ${dataDir ?? settings.DATA_DIR}: npm start, or npm start -- --servers-only`)
  const config = { ...settings, SECRETS_DIR: running.secretsDir, NATS_URL: running.urls.nats }

  const partial = openPartial(target)
  const progress = showProgress()
  const connection = await connectNats(config, 'backup')
  const discard = () => {
    partial.discard()
    process.exit(1)
  }
  ended.addEventListener('abort', discard)
  try {
    const root = connectRoot({
      endpoint: running.urls.objectStore.replace(/\/$/, ''), region: config.OBJECT_STORE_REGION, bucket: config.OBJECT_STORE_BUCKET,
      user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password'),
    })
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')))
    const address = publicUrl({ ...config, HTTP_PORT: running.httpPort }, `<name>.${running.deploymentsDomain}`)
    const { files, startedAt } = await takeBackup({ connection, root, config, release: version, address }, partial.folder, values['include-secrets'] ?? false, progress)
    ended.removeEventListener('abort', discard)
    await partial.complete()
    progress.say(`done: ${target}, ${size(files.reduce((sum, { bytes }) => sum + bytes, 0))}; it holds everything acknowledged before ${startedAt}`)
  } catch (error) {
    partial.discard()
    throw error
  } finally {
    progress.end()
    await connection.close()
  }
}

await runCommand(main)
