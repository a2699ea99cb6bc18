import { mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './run.mjs'

// the holder touches its file; one that was not touched for so long belongs to nobody (pids come again, times do not)
const TOUCH_MS = 2_000
const STALE_MS = 15_000

/**
 * Runs `work` while no other set-up on this machine does; waits for one that does.
 * @template T @param {string} path @param {() => Promise<T>} work @returns {Promise<T>}
 */
export const withLock = async (path, work) => {
  mkdirSync(dirname(path), { recursive: true })
  for (let waited = 0; !take(path); waited += 1) {
    if (waited === 0) say(`waiting for another set-up (process ${holder(path)})`)
    dropStale(path)
    await sleep(300)
  }
  const touching = setInterval(() => utimesSync(path, new Date(), new Date()), TOUCH_MS)
  const release = () => rmSync(path, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(touching)
    process.removeListener('exit', release)
    release()
  }
}

/** @param {string} path */
const take = (path) => {
  try {
    const file = openSync(path, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} path */
const holder = (path) => ifThere(() => readFileSync(path, 'utf8')) ?? 'just ended'

/** Renamed before it is removed: of two that find it stale, one moves it, the other finds nothing. @param {string} path */
const dropStale = (path) =>
  ifThere(() => {
    if (Date.now() - statSync(path).mtimeMs < STALE_MS) return
    renameSync(path, `${path}.${process.pid}`)
    rmSync(`${path}.${process.pid}`)
  })

/** The holder may remove the file at any moment. @template T @param {() => T} work */
const ifThere = (work) => {
  try {
    return work()
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined
    throw error
  }
}
