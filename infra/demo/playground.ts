import { startPlayground } from '../local/playground.ts'
import { findRunning, type Running } from '../local/running.ts'

export type Visited = { readonly running: Running; readonly started: boolean; /** Ends it if it was started here. */ readonly leave: () => Promise<void> }

/** The playground that runs from `DATA_DIR` (`.data`), else one started here for the time being, with `env` beside its configuration. @throws Error when it does not start */
export const visitPlayground = async (
  progress: (text: string) => void, dataDir = process.env['DATA_DIR'] || '.data', env: Readonly<Record<string, string>> = {},
): Promise<Visited> => {
  const running = findRunning(dataDir)
  if (running) return { running, started: false, leave: async () => {} }
  progress('no playground runs here: starting one')
  const playground = await startPlayground({ dataDir, ports: 'free', env, onLine: progress })
  return { running: playground, started: true, leave: () => playground.stop() }
}
