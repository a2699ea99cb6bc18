import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { publicUrl } from '../config.ts'
import { readSettings } from '../local/environment.ts'
import { findRunning } from '../local/running.ts'
import { runCommand, UsageError } from './command.ts'
import { copyInto } from './copy.ts'

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

  const address = publicUrl({ ...config, HTTP_PORT: running.httpPort }, `<name>.${running.deploymentsDomain}`)
  await copyInto(target, { config, address, endpoint: running.urls.objectStore.replace(/\/$/, ''), withSecrets: values['include-secrets'] ?? false }, ended)
}

await runCommand(main)
