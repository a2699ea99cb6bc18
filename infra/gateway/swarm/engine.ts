import { Agent } from 'node:http'
import Docker from 'dockerode'
import { failure } from '../../../events/errors.ts'
import type { Config } from '../../config.ts'

export type Engine = Docker

/** Oldest API that has all that is asked of it here: Engine 20.10. Newer engines speak it too. */
const API_VERSION = 'v1.41'
/** An engine that says nothing for so long is away, milliseconds. Streams begin within it and last as they like. */
const TIMEOUT_MS = 30_000

/**
 * The engine at a socket: of a manager, as services are asked of it. Each question on a connection of its own: node ends one that is kept
 * after five seconds, and a question that is asked just then is lost ("socket hang up").
 */
export const openEngine = (socketPath: string): Engine => {
  const options = { socketPath, version: API_VERSION, timeout: TIMEOUT_MS, agent: new Agent({ keepAlive: false }) } // its type knows no agent
  return new Docker(options)
}

/** The engine of this node, as configured. */
export const ownEngine = ({ DOCKER_HOST }: Pick<Config, 'DOCKER_HOST'>): Engine => openEngine(DOCKER_HOST.slice('unix://'.length))

/** Status of the Engine API's answer; undefined when there was none. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined

/** The engine's own sentence. */
export const reasonOf = (error: unknown): string => {
  const json = error instanceof Error && 'json' in error ? error.json : undefined
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') return json.message
  return error instanceof Error ? error.message : String(error)
}

/** What is not there is null. */
export const orNull = async <T>(asking: Promise<T>): Promise<T | null> => {
  try {
    return await asking
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/** An engine that is away or has no leader is a trouble that passes. */
export const hostUnavailable = (error: unknown): Error => failure('HOST_UNAVAILABLE', { reason: reasonOf(error) }, error)
