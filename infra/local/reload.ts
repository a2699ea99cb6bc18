// npm run reload: settings of the edge that were changed in .env take effect in the playground that runs.
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from './environment.ts'
import { findRunning, type Reloads } from './running.ts'

const WITHIN_MS = 90_000

/** Asks the running playground, and waits for what it says of it. @throws Error when none runs, or it does not say anything */
const askToReload = async (dataDir: string): Promise<Reloads> => {
  const running = findRunning(dataDir)
  if (!running) throw new Error(`No playground runs on the data in ${dataDir}.`)
  process.kill(running.pid, 'SIGUSR2')
  for (const until = Date.now() + WITHIN_MS; Date.now() < until; await sleep(100)) {
    const now = findRunning(dataDir)
    if (!now) throw new Error('The playground has ended meanwhile.')
    if (now.reloads.heard > running.reloads.heard) return now.reloads
  }
  throw new Error(`The playground did not reload within ${WITHIN_MS / 1000} seconds.`)
}

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
try {
  const { failure, said } = await askToReload(readSettings(false).DATA_DIR)
  if (failure !== null) throw new Error(`Not reloaded: ${failure}`)
  process.stdout.write(said.map((line) => `${line}\n`).join(''))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
