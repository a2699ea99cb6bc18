// npm run images:bases: the images that ours begin with and run beside, also where nothing can be pulled.
import { parseArgs } from 'node:util'
import { runCommand, UsageError } from '../../backup/command.ts'
import { docker } from '../docker.ts'
import { pushImage } from '../push.ts'
import { makeBases } from './make.ts'
import { BASES, type BaseName } from './pins.ts'

const HELP = `npm run images:bases [-- --no-pull] [--push REGISTRY[/PREFIX]] [NAME...]

Sees to it that the Engine of DOCKER_HOST has the images that ours begin with and run beside, or those that are named:
${Object.entries(BASES).map(([name, reference]) => `  ${name.padEnd(10)}${reference}`).join('\n')}
What is there stays, what is not is pulled, and what cannot be pulled is made of this machine's own files under the same name. Of the same files
the same image is made. It holds this machine's certificate authorities, and is for this machine's Engines: publish it nowhere.

  --no-pull               asks no registry
  --push REGISTRY/PREFIX  also tags them REGISTRY/PREFIX/NAME:TAG and pushes them there, with what docker login (DOCKER_CONFIG) knows

Exit code: 0 all are there, and pushed; 1 at least one is not; 2 usage.
`

const main = async (signal: AbortSignal): Promise<void> => {
  const { values, positionals } = parse()
  if (values.help) return void process.stdout.write(HELP)
  const known = Object.keys(BASES) as BaseName[]
  const unknown = positionals.filter((name) => !known.some((base) => base === name))
  if (unknown.length > 0) throw new UsageError(`no base is called ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const names = positionals.length > 0 ? known.filter((name) => positionals.includes(name)) : known
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  const made = await makeBases({ names, pull: !values['no-pull'], say, engine: (...args) => docker(args, { signal }) })
  const { push } = values
  if (push === undefined) return
  await Promise.all(made.map(async ({ reference }) => {
    await pushImage(reference, `${push}/${reference}`, undefined, signal)
    say(`pushed to ${push}/${reference}`)
  }))
}

const parse = () =>
  parseArgs({ allowPositionals: true, options: { 'no-pull': { type: 'boolean', default: false }, push: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } })

await runCommand(main)
