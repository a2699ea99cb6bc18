import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { LEASE, MAPS, haproxyConfig, masterSocket, type MapName } from './haproxy-config.ts'

/** A unix socket's path has room for 108 bytes, and HAProxy binds to a longer temporary name first. */
const LONGEST_SOCKET_PATH = 90

const folder = (config: Pick<Config, 'DATA_DIR'>): string => resolve(config.DATA_DIR, 'edge')
const configFile = (config: Pick<Config, 'DATA_DIR'>): string => join(folder(config), 'haproxy.cfg')

/** Writes HAProxy's configuration and its empty maps under DATA_DIR/edge. @throws Error when the socket's path is too long for one */
export const prepareHaproxy = (config: Config): void => {
  const socket = resolve(config.EDGE_SOCKET)
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) throw new Error(`EDGE_SOCKET: ${socket} is longer than ${LONGEST_SOCKET_PATH} bytes, too long for a socket`)
  mkdirSync(folder(config), { recursive: true })
  mkdirSync(dirname(socket), { recursive: true })
  rmSync(socket, { force: true })
  for (const map of Object.values(MAPS)) writeFileSync(mapFile(config, map), '')
  writeFileSync(join(folder(config), LEASE.map), `${LEASE.until} 0\n${LEASE.alive} 0\n`)
  writeConfiguration(config)
}

/** Prepares for an HAProxy that somebody else starts, when the configuration is there; one that runs already is left alone. */
export const prepareUnlessRunning = async (config: Config): Promise<void> => {
  if (await isAnswered(config.EDGE_SOCKET)) return
  prepareHaproxy(config)
}

/** Whether somebody listens there. */
export const isAnswered = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })

export const mapFile = (config: Pick<Config, 'DATA_DIR'>, map: MapName): string => join(folder(config), map)

/** The configuration with paths that hold wherever HAProxy is started. */
export const configurationOf = (config: Config) => haproxyConfig({ ...config, EDGE_SOCKET: resolve(config.EDGE_SOCKET) })

/** Writes the configuration alone, whole or not at all; gives what puts the one before back. */
export const writeConfiguration = (config: Config): (() => void) => {
  const file = configFile(config)
  const write = (content: string | Uint8Array) => {
    writeFileSync(`${file}.new`, content, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  const before = existsSync(file) ? readFileSync(file) : null
  write(configurationOf(config).text)
  return () => (before === null ? rmSync(file) : write(before))
}

/**
 * Arguments to run it in the foreground, after `prepareHaproxy`: a master, which reloads, and its worker, which serves. Workers
 * end with their master, however that ends.
 */
export const haproxyArguments = (config: Pick<Config, 'DATA_DIR' | 'EDGE_SOCKET'>): readonly string[] =>
  ['-W', '-db', '-S', `${resolve(masterSocket(config))},mode,600`, '-f', configFile(config)]
