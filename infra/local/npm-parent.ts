import { isAlive, look, type Seen } from './processes.ts'

/**
 * Calls back when the npm that ran this script is gone. Of `npm start` killed, or of the shell npm runs scripts in, this process
 * hears nothing; and whoever ended npm meant the playground. Does nothing when npm is not among the parents.
 */
export const watchNpm = (ended: () => void): void => {
  if (!process.env['npm_lifecycle_event']) return
  const parents = chain(process.ppid, 3)
  const npm = parents.findIndex(({ name }) => name.startsWith('npm'))
  if (npm === -1) return
  const watched = parents.slice(0, npm + 1)
  const timer = setInterval(() => {
    if (watched.every(isAlive)) return
    clearInterval(timer)
    ended()
  }, 500)
  timer.unref()
}

const chain = (pid: number, length: number): readonly Seen[] => {
  const seen = length > 0 ? look(pid) : null
  return seen ? [seen, ...chain(seen.parent, length - 1)] : []
}
