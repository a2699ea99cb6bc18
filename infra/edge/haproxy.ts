import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { LEASE, MAPS, renderHaproxyConfig, type MapName } from './haproxy-config.ts'

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

export const mapFile = (config: Pick<Config, 'DATA_DIR'>, map: MapName): string => join(folder(config), map)

/** Writes the configuration alone; gives its path. */
export const writeConfiguration = (config: Config): string => {
  writeFileSync(configFile(config), renderHaproxyConfig({ ...config, EDGE_SOCKET: resolve(config.EDGE_SOCKET) }), { mode: 0o600 })
  return configFile(config)
}

/** Arguments to run it in the foreground, after `prepareHaproxy`. */
export const haproxyArguments = (config: Pick<Config, 'DATA_DIR'>): readonly string[] => ['-db', '-f', configFile(config)]
