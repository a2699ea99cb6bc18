import { parseArgs } from 'node:util'
import { UsageError } from '../backup/command.ts'

export type Options = {
  readonly names: readonly string[]
  readonly tag: string
  /** `REGISTRY/PREFIX` to push to, null: images stay with the Engine. */
  readonly push: string | null
  readonly login: { readonly user: string; readonly passwordFile: string } | null
  readonly help: boolean
}

export const HELP = `npm run images [-- --tag TAG] [--push REGISTRY/PREFIX [--user NAME --password-file FILE]] [NAME | parts | functions ...]

Builds the images of all parts and functions, or those that are named, with the Engine of DOCKER_HOST: IMAGE_PREFIX/NAME:TAG. Bases are
pulled, or made of this machine where they cannot be (npm run images:bases). Everything is bundled before, so that no build needs a network.

  --tag TAG               (latest)
  --push REGISTRY/PREFIX  also tags them REGISTRY/PREFIX/NAME:TAG and pushes them there
  --user, --password-file who pushes; without them, as docker login says

IMAGE_PREFIX (one-record-playground) and IMAGE_SOURCE (URL of the source, for a label) come from the environment.
Exit code: 0 all are built, and pushed; 1 at least one is not; 2 usage.
`

/** @throws UsageError for what it does not know */
export const readOptions = (args: readonly string[], known: readonly string[], groups: Readonly<Record<string, readonly string[]>>): Options => {
  const { values, positionals } = parseArgs({
    args: [...args], allowPositionals: true,
    options: { tag: { type: 'string', default: 'latest' }, push: { type: 'string' }, user: { type: 'string' }, 'password-file': { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  })
  const { tag, push = null, user, 'password-file': passwordFile, help } = values
  const names = [...new Set(positionals.flatMap((name) => groups[name] ?? [name]))]
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new UsageError(`no image is called ${unknown.join(', ')}; there are ${known.join(', ')}, and ${Object.keys(groups).join(', ')}`)
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new UsageError('--tag is letters, digits, _ . -, 128 at most')
  if (push !== null && !/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+$/.test(push)) throw new UsageError('--push is REGISTRY/PREFIX, such as registry.example.org:5000/one-record-playground')
  if ((user === undefined) !== (passwordFile === undefined)) throw new UsageError('--user and --password-file go together')
  return { names: names.length > 0 ? names : known, tag, push, login: user && passwordFile ? { user, passwordFile } : null, help }
}
