import { readFile } from 'node:fs/promises'
import type { AuthConfig } from 'dockerode'
import { z } from 'zod'

/** What Docker keeps in `~/.docker/config.json` after `docker login`: per registry `user:password` in base64, or a token. */
const configSchema = z.object({
  auths: z.record(z.string(), z.object({ auth: z.base64().optional(), username: z.string().optional(), password: z.string().optional(), identitytoken: z.string().optional() })).default({}),
})

/** Who the cluster is to registries. */
export type RegistryAuth = {
  /** undefined: it is nobody there. Read anew each time: a password that changes is there at once. @throws Error that names the file, never its content */
  of(image: string): Promise<AuthConfig | undefined>
}

const DOCKER_HUB = 'https://index.docker.io/v1/'

/** @param path of a file as Docker has it; one that is missing is one without registries */
export const registryAuth = (path: string): RegistryAuth => ({
  of: async (image) => {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}'
      throw error
    })
    return authOf(parse(text, path), image)
  },
})

const parse = (text: string, path: string): z.output<typeof configSchema> => {
  try {
    return configSchema.parse(JSON.parse(text))
  } catch {
    throw new Error(`${path}: is not the file of registries that docker login writes, { "auths": { "registry.example.org": { "auth": "..." } } }`)
  }
}

const authOf = ({ auths }: z.output<typeof configSchema>, image: string): AuthConfig | undefined => {
  const registry = registryOf(image)
  const found = Object.entries(auths).find(([key]) => key === registry || hostOf(key) === registry || (registry === 'docker.io' && key === DOCKER_HUB))
  if (!found) return undefined
  const [serveraddress, { auth, username, password, identitytoken }] = found
  const [user = '', ...rest] = auth === undefined ? [username, password ?? ''] : Buffer.from(auth, 'base64').toString('utf8').split(':')
  const signedIn = { username: user, password: rest.join(':').replace(/\0+$/, ''), serveraddress }
  // dockerode sends what it is given; its type knows no token
  return identitytoken === undefined ? signedIn : Object.assign(signedIn, { identitytoken })
}

/** `registry:5000/a/b:1` -> `registry:5000`; `a/b` -> `docker.io`. */
export const registryOf = (image: string): string => {
  const [first = '', ...rest] = image.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io'
}

const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
