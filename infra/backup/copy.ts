import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { secret, type Config } from '../config.ts'
import { connectRoot } from '../credentials/root.ts'
import { connectNats } from '../nats/connect.ts'
import { openPartial } from './partial.ts'
import { showProgress, size } from './progress.ts'
import { takeBackup } from './take.ts'

export type Copying = {
  readonly config: Config
  /** Of the object store, no slash at its end. */
  readonly endpoint: string
  /** Public address of a deployment, with `<name>` for its name. */
  readonly address: string
  readonly withSecrets: boolean
  /** Said at the end of what the backup holds. */
  readonly also?: string
}

const PACKAGE = join(import.meta.dirname, '../../package.json')

/** Copies events, records and what is queued into a new folder, whole or not at all, with progress; `ended` leaves nothing and exits with 1. */
export const copyInto = async (target: string, { config, endpoint, address, withSecrets, also = '' }: Copying, ended: AbortSignal): Promise<void> => {
  const partial = openPartial(target)
  const progress = showProgress()
  const discard = () => {
    partial.discard()
    process.exit(1)
  }
  ended.addEventListener('abort', discard)
  const connection = await connectNats(config, 'backup')
  try {
    const root = connectRoot({
      endpoint, region: config.OBJECT_STORE_REGION, bucket: config.OBJECT_STORE_BUCKET,
      user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password'),
    })
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(PACKAGE, 'utf8')))
    const { files, startedAt } = await takeBackup({ connection, root, config, release: version, address }, partial.folder, withSecrets, progress)
    ended.removeEventListener('abort', discard)
    await partial.complete()
    progress.say(`done: ${target}, ${size(files.reduce((sum, { bytes }) => sum + bytes, 0))}; it holds everything acknowledged before ${startedAt}${also}`)
  } catch (error) {
    partial.discard()
    throw error
  } finally {
    progress.end()
    await connection.close()
  }
}
