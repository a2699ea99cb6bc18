import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../backup/command.ts'
import { ROOT } from '../bundles/root.ts'
import { makeBases } from './bases/make.ts'
import { buildImage } from './build.ts'
import { GROUPS, IMAGES } from './catalogue.ts'
import { docker } from './docker.ts'
import type { Image } from './image.ts'
import { HELP, readOptions, type Options } from './options.ts'
import { pushImage, withLogin } from './push.ts'
import { stampOf } from './stamp.ts'
import { tableOf, type Built } from './table.ts'

const PREFIX = process.env['IMAGE_PREFIX'] || 'one-record-playground'

const groups = Object.fromEntries(Object.entries(GROUPS).map(([group, images]) => [group, images.map(({ name }) => name)]))

const main = async (signal: AbortSignal): Promise<void> => {
  const options = readOptions(process.argv.slice(2), IMAGES.map(({ name }) => name), groups)
  if (options.help) return void process.stdout.write(HELP)
  const images = IMAGES.filter(({ name }) => options.names.includes(name))
  const { push, login } = options
  await makeBases({ names: [...new Set(images.map(({ base }) => base))], pull: true, engine: (...args) => docker(args, { signal }), say: (text) => void process.stderr.write(`${text}\n`) })
  const run = (configFolder?: string) => eachAtOnce(images, makeOne(options, configFolder, signal))
  const results = push !== null && login ? await withLogin(push.slice(0, push.indexOf('/')), login, run) : await run()

  const built = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  process.stdout.write(tableOf(built))
  const failed = results.length - built.length
  if (failed > 0) throw new Error(`${failed} of ${results.length} images: see above`)
}

/** Builds and pushes one, and tells. */
const makeOne = ({ tag, push }: Options, configFolder: string | undefined, signal: AbortSignal) => {
  const [stamp, contexts] = [stampOf(ROOT), join(ROOT, 'dist/images')]
  return async (image: Image): Promise<Built> => {
    const [reference, from] = [`${PREFIX}/${image.name}:${tag}`, performance.now()]
    const say = (what: string) => process.stderr.write(`${image.name}: ${what}\n`)
    try {
      await buildImage(image, { contexts, reference, stamp, signal })
      say(`built in ${((performance.now() - from) / 1000).toFixed(1)} s`)
      if (push !== null) {
        const remote = `${push}/${image.name}:${tag}`
        await pushImage(reference, remote, configFolder, signal)
        say(`pushed to ${remote}`)
      }
      const [id = '', bytes = ''] = (await docker(['image', 'inspect', '--format', '{{.Id}} {{.Size}}', reference], { signal })).trim().split(' ')
      return { name: push === null ? reference : `${push}/${image.name}:${tag}`, bytes: Number(bytes), id }
    } catch (error) {
      say(`failed: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  }
}

/** Bundling and building take a core each. */
const eachAtOnce = async <T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly PromiseSettledResult<R>[]> => {
  const results: PromiseSettledResult<R>[] = []
  const left = [...items.entries()]
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) [results[next[0]]] = await Promise.allSettled([act(next[1])])
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}

await runCommand(main)
