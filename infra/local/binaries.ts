import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

export type Server = 'nats-server' | 'minio' | 'haproxy'

/** Where set-up keeps the servers it built, one folder per user. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'one-record-playground')

/** Path of a server's binary: what set-up chose, the cache first. @throws Error that says to run set-up */
export const binary = (server: Server, environment: NodeJS.ProcessEnv = process.env): string => {
  const folders = [join(cacheFolder(environment), 'bin'), ...(environment['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  const found = folders.filter(Boolean).map((folder) => join(folder, server)).find(isExecutable)
  if (!found) throw new Error(`${server} is neither in the cache nor on the PATH; run: node infra/setup.mjs`)
  return found
}

export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
