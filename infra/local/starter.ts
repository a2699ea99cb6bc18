import { isAlive, look, type Seen } from './processes.ts'

/** Set by a program that started a playground for itself (playground.ts): it is the parent, and its end is the playground's. */
export const OWNED = 'PLAYGROUND_OWNED'

/**
 * Calls back when whoever started this is gone: the npm that ran the script, or a program that owns the playground. Of either
 * killed, or of the shell npm runs scripts in, this process hears nothing; and whoever ended them meant the playground.
 */
export const watchStarter = (ended: (who: string) => void): void => {
  const [who, watched] = process.env[OWNED] === undefined ? ['npm', parentsToNpm()] as const : ['who started it', chain(process.ppid, 1)] as const
  if (watched.length === 0) return
  const timer = setInterval(() => {
    if (watched.every(isAlive)) return
    clearInterval(timer)
    ended(who)
  }, 500)
  timer.unref()
}

const parentsToNpm = (): readonly Seen[] => {
  if (!process.env['npm_lifecycle_event']) return []
  const parents = chain(process.ppid, 3)
  return parents.slice(0, parents.findIndex(({ name }) => name.startsWith('npm')) + 1)
}

const chain = (pid: number, length: number): readonly Seen[] => {
  const seen = length > 0 ? look(pid) : null
  return seen ? [seen, ...chain(seen.parent, length - 1)] : []
}
