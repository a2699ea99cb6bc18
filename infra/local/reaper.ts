// The process that survives the supervisor: when the pipe from it ends, however it ended, everything else is ended.
import { once } from 'node:events'
import { HASTY, reap } from './reap.ts'

const dataDir = process.argv[2]
if (!dataDir) throw new Error('usage: reaper.ts DATA_DIR')

// Ctrl-C in a terminal reaches the supervisor, which then ends the pipe
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
process.stdin.resume()
await once(process.stdin, 'close')
await reap(dataDir, HASTY)
process.exit(0)
