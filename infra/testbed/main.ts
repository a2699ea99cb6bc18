// npm run testbed: three engines in network namespaces that form a Swarm, beside as many other beds as the machine holds.
import { parseArgs } from 'node:util'
import { provideBases } from './bases.ts'
import { cutPower, plugCable, pullCable, switchOn } from './cables.ts'
import { down, endAbandoned } from './down.ts'
import { bedNames, readBed } from './state.ts'
import { statusOf } from './status.ts'
import { TestbedError } from './testbed-error.ts'
import { up } from './up.ts'

const HELP = `npm run testbed -- COMMAND [options]: a Docker Swarm of several nodes on this machine, as root, on Linux.

  up              brings a bed up: engines in network namespaces, one Swarm of managers, a registry, an engine to build with
  down            ends it and removes everything it made; also what is left of one that died
  status          of one bed, or of all: its nodes as the Swarm sees them, and how to reach everything
  lose NODE       pulls the node's cable; with --power, ends it as a power cut does
  return NODE     plugs the cable in, switches the power on

  --name NAME     which bed (dev)
  --nodes N       1 to 9 (3)
  --no-swarm      the engines run and form no Swarm: whoever asked will
  --bases         also fills registry and builder with the images that ours begin with
  --owner-pid P   the bed ends when that process does
  --power         see lose
  --all           down: every bed of this machine
  --json          status as JSON, on one line
  --help          this

Ended before it is up, a bed is taken down. Exits with 0 when it did what was asked, with 1 when it could not or there is no such bed,
with 2 when it did not understand.
`

const say = (text: string): void => void process.stderr.write(`test bed: ${text}\n`)

const read = (args: readonly string[]) =>
  parseArgs({
    args: [...args], allowPositionals: true,
    options: {
      name: { type: 'string' }, nodes: { type: 'string', default: '3' }, 'no-swarm': { type: 'boolean', default: false }, bases: { type: 'boolean', default: false }, 'owner-pid': { type: 'string' },
      power: { type: 'boolean', default: false }, all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false },
    },
  })

const main = async ({ values, positionals: [command, node, ...more] }: ReturnType<typeof read>): Promise<number> => {
  const name = values.name ?? 'dev'
  if (values.help) return print(HELP.trimEnd())
  if (command === undefined || more.length > 0) return misunderstood(command === undefined ? 'which command?' : `${more.join(' ')}: one too many`)
  if (process.getuid?.() !== 0) throw new TestbedError('test beds are root\'s: namespaces, links, engines')
  const began = Date.now()
  const done = (what: string): number => (say(`${what} in ${((Date.now() - began) / 1000).toFixed(1)} s`), 0)
  switch (command) {
    case 'up': {
      const bed = await up({ name, nodes: Number(values.nodes), swarm: !values['no-swarm'], ownerPid: values['owner-pid'] === undefined ? null : Number(values['owner-pid']), say })
      if (values.bases) await provideBases(bed, say)
      done(`${name} is up`)
      return print(await statusOf(bed, values.json))
    }
    case 'down':
      for (const each of values.all ? bedNames() : [name]) await down(each)
      return done(`${values.all ? 'all beds are' : `${name} is`} gone`)
    case 'status': return status(values.name, values.json)
    case 'lose':
      if (node === undefined) return misunderstood('lose which node?')
      await (values.power ? cutPower(name, node) : pullCable(name, node))
      return done(`${node} is lost`)
    case 'return':
      if (node === undefined) return misunderstood('return which node?')
      await plugCable(name, node)
      await switchOn(name, node)
      return done(`${node} is back`)
    default: return misunderstood(`${command}: no such command`)
  }
}

const status = async (name: string | undefined, json: boolean): Promise<number> => {
  await endAbandoned(say)
  const beds = (name === undefined ? bedNames() : [name]).flatMap((each) => readBed(each) ?? [])
  for (const bed of beds) print(await statusOf(bed, json))
  if (beds.length === 0) say(name === undefined ? 'there is no bed' : `there is no bed ${name}`)
  return beds.length === 0 ? 1 : 0
}

const print = (text: string): number => (process.stdout.write(`${text}\n`), 0)
const misunderstood = (text: string): number => (process.stderr.write(`${text}\n\n${HELP}`), 2)

try {
  process.exitCode = await main(read(process.argv.slice(2)))
} catch (error) {
  if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')) process.exitCode = misunderstood((error as Error).message)
  else if (error instanceof TestbedError) process.exitCode = (say(error.message), 1)
  else throw error
}
