import { readFileSync } from 'node:fs'
import { failure } from '../../../../events/errors.ts'
import type { FunctionSpec } from '../../function-spec.ts'

/** What functions of the platform itself have over those of users. */
export type Platform = {
  /** Beginning of the names of their images; empty: there are none. */
  readonly images: string
  /** Overlay network on which broker, database and object store are. */
  readonly network: string
  /** File in /var/openfaas/secrets -> name of the Swarm secret. */
  readonly secrets: ReadonlyMap<string, string>
  readonly environment: Readonly<Record<string, string>>
}

const PLATFORM_ANNOTATION = 'platform'

/** Whether the function is one of the platform's. @throws INVALID_FIELD for one that says so and is not */
export const isOfPlatform = ({ annotations, image }: FunctionSpec, { images }: Pick<Platform, 'images'>): boolean => {
  if (annotations[PLATFORM_ANNOTATION] !== 'true') return false
  const prefix = images === '' || images.endsWith('/') ? images : `${images}/`
  if (prefix === '' || !image.startsWith(prefix) || image.includes('..')) {
    throw failure('INVALID_FIELD', { field: 'annotations.platform', reason: prefix === '' ? 'no image is the platform\'s here: PLATFORM_IMAGES is empty' : `only images under ${prefix} are the platform's` })
  }
  return true
}

/** `nats-user=stack_nats-user,signing-key` -> file and name of each Swarm secret. */
export const parsePlatformSecrets = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split(',').map((each) => each.trim()).filter(Boolean).map((each) => {
    const [file = '', name = file] = each.split('=')
    return [file, name] as const
  }))

/** Lines `NAME=value`, as `docker run --env-file` has them; empty ones and those that begin with # are passed over. @throws Error that names file and line */
export const readEnvironmentFile = (path: string): Readonly<Record<string, string>> => {
  if (path === '') return {}
  const lines = readFileSync(path, 'utf8').split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 })).filter(({ line }) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map(({ line, number }) => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`${path}:${number}: is not NAME=value`)
    return [name, value] as const
  }))
}
