import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { release, startReaper, takeOver } from '../local/own-data.ts'
import { chooseFree } from '../local/ports.ts'
import { makeSecrets } from '../local/secrets.ts'
import { minio } from '../local/servers/minio.ts'
import { nats } from '../local/servers/nats.ts'
import { createSupervisor } from '../local/supervisor.ts'

/** A data folder that is made beside the real one, with a broker and an object store of its own, and takes its place when it is whole. */
export type Staging = {
  /** Starts both servers on free ports; `secretsOf` is asked before, with the folder of the new secrets. */
  serve(given: Config): Promise<Config>
  stop(): Promise<void>
  /** Takes the place; gives where what was there before is now, null when there was nothing. @throws Error when it cannot; all is as it was */
  replace(): string | null
  /** Leaves all as it was. */
  discard(): Promise<void>
}

/** Folders that hold what only a restore may replace when it is told to. */
const DATA = ['nats', 'minio', 'postgres'] as const
export const holdsData = (dataDir: string): boolean => DATA.some((name) => existsSync(join(dataDir, name)))

/** @throws StartError when a playground runs on the folder */
export const openStaging = async (dataDir: string, secrets: { readonly from: string; bringBack(folder: string): void }, report: (text: string) => void): Promise<Staging> => {
  const made = !existsSync(dataDir)
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  await takeOver(dataDir, report) // from here on nobody starts on it
  const folder = join(dirname(dataDir), `${basename(dataDir)}.restoring`)
  let stopServers = async (): Promise<void> => {}

  const prepare = async (): Promise<string> => {
    mkdirSync(folder, { recursive: true, mode: 0o711 }) // PostgreSQL may run as another user
    await takeOver(folder, report)
    for (const name of readdirSync(folder)) if (name !== 'run') rmSync(join(folder, name), { recursive: true }) // of a restore that was killed
    const own = join(folder, 'secrets')
    if (existsSync(secrets.from)) cpSync(secrets.from, own, { recursive: true })
    secrets.bringBack(own)
    return own
  }

  return {
    serve: async (given) => {
      const { NATS_URL = 0, OBJECT_STORE_URL = 0 } = await chooseFree(['NATS_URL', 'OBJECT_STORE_URL'], {})
      const config: Config = {
        ...given, DATA_DIR: folder, SECRETS_DIR: await prepare(), NATS_URL: `nats://127.0.0.1:${NATS_URL}`, OBJECT_STORE_URL: `http://127.0.0.1:${OBJECT_STORE_URL}`,
      }
      makeSecrets(config)
      const on = { config, dataDir: folder, ports: { NATS_URL, OBJECT_STORE_URL } }
      const reaper = startReaper(folder)
      const supervisor = createSupervisor({ dataDir: folder, parts: [nats(on), minio(on)], report: () => {} })
      stopServers = async () => {
        stopServers = async () => {}
        await supervisor.stop()
        await reaper.dismiss()
      }
      await supervisor.start()
      return config
    },
    stop: () => stopServers(),
    replace: () => {
      for (const name of ['run', 'logs', 'nats/nats.conf']) rmSync(join(folder, name), { recursive: true, force: true })
      if (existsSync(join(dataDir, 'ports.json'))) copyFileSync(join(dataDir, 'ports.json'), join(folder, 'ports.json')) // URLs stay
      release(dataDir)
      const before = `${dataDir}.before-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
      renameSync(dataDir, before) // whoever ends this between the two finds both whole
      try {
        renameSync(folder, dataDir)
      } catch (error) {
        renameSync(before, dataDir)
        throw error
      }
      if (!made) return before
      rmSync(before, { recursive: true })
      return null
    },
    discard: async () => {
      await stopServers()
      release(folder)
      rmSync(folder, { recursive: true, force: true })
      release(dataDir)
      if (made) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
