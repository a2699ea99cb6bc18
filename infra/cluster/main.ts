// npm run cluster: a cluster of nodes, from nothing to day two. docs/cluster.md tells the story.
import { existsSync, readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand, UsageError } from '../backup/command.ts'
import { backup } from './backup.ts'
import { init, join, joinToken } from './bootstrap.ts'
import { build } from './build.ts'
import { deployStack, deployStores, untilServing } from './deploy.ts'
import { drainNode, returnNode } from './drain.ts'
import { firewall } from './firewall/command.ts'
import { deployFunctions } from './functions.ts'
import { folderPath, openFolder, writeFolder, type ClusterSettings } from './operator-folder.ts'
import { rotate } from './rotate.ts'
import { forgetSecrets, giveSecrets, makeSecrets } from './secrets.ts'
import { giveShares } from './shares.ts'
import { status } from './status.ts'

const HELP = `npm run cluster -- COMMAND [options]

The platform on a Docker Swarm of three nodes or more, by the engine of DOCKER_HOST or of docker's context. Every command may be
repeated: what is done is left as it is, and each step says what it did.

  init                 this node is the first: Swarm, networks, secrets, volumes
      --address A      of this node, as the others reach it
      --domain D       deployments are NAME.D, the platform is D's parent or --platform-host
      --platform-host H, --http-port P (80), --public-port P, --public-scheme http|https
      --docker-socket P  of each node's engine (/var/run/docker.sock); {{.Node.Hostname}} stands for the node's name
      --encrypted      traffic between nodes in ESP (IPsec in every node's kernel)
      --mtu N          of the overlay networks
  token [manager|worker]  what a further node joins with; keep it to yourself
  join ADDRESS         this node joins the one at ADDRESS and takes its share: manager (the first three; five of seven), broker,
                       drives, database, registry, or a worker
      --token-file F   the token; or CLUSTER_TOKEN
      --address A      of this node, as the others reach it
  build [IMAGE...]     builds our images with this engine and pushes them to the cluster's registry
      --tag T          (IMAGE_TAG of cluster.env)
  deploy               makes the cluster what infra/cluster/stack.yml says, and waits until all run
      --tag T          of our images, from now on
      --wait SECONDS   (600)
  functions            deploys the functions of stack.yml by the gateway, as faas-cli would, and waits until they answer
  status [--json]      nodes, services, and what is lacking
  drain NODE           moves its deployments elsewhere, then its services
      --wait SECONDS   (600)
  return NODE          it takes part again
  backup --to FOLDER   events, records and secrets, while all goes on; on a node where a task of the minting service runs
  rotate NAME...       new values of secrets, in use once "deploy" is done
  firewall             prints the rules that leave open what must be; --apply puts them in force on this node
      --node ADDRESS   of each node (as Swarm knows them); --http-port P (of cluster.env, or 80); --ssh P|none (22)

CLUSTER_DIR (.data.cluster) is the operator's folder: settings and secrets. Without it nothing can be changed: back it up.
Exit code: 0 done, 1 not, 2 usage.
`

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const options = {
  address: { type: 'string' }, domain: { type: 'string' }, 'platform-host': { type: 'string' }, 'http-port': { type: 'string' }, 'public-port': { type: 'string' }, 'public-scheme': { type: 'string' },
  encrypted: { type: 'boolean', default: false }, mtu: { type: 'string' }, 'token-file': { type: 'string' }, tag: { type: 'string' }, wait: { type: 'string', default: '600' },
  json: { type: 'boolean', default: false }, apply: { type: 'boolean', default: false }, node: { type: 'string', multiple: true }, ssh: { type: 'string', default: '22' }, to: { type: 'string' }, 'docker-socket': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const
const read = () => parseArgs({ allowPositionals: true, options })

const main = async (signal: AbortSignal): Promise<void> => {
  const { values, positionals: [command, ...rest] } = read()
  if (values.help) return void process.stdout.write(HELP)
  const one = (what: string): string => {
    const [given, ...more] = rest
    if (given === undefined || more.length > 0) throw new UsageError(`${command ?? ''} takes one ${what}\n\n${HELP}`)
    return given
  }
  const seconds = numberOf('wait', values.wait)
  switch (command) {
    case 'init': return void (await init({ address: values.address ?? null, encrypted: values.encrypted, mtu: values.mtu === undefined ? null : numberOf('mtu', values.mtu), settings: settingsOf(values) }, say))
    case 'token': return void process.stdout.write(`${await joinToken(rest[0] === 'worker' ? 'worker' : 'manager')}\n`)
    case 'join': return await join({ manager: one('address of a manager'), token: tokenOf(values['token-file']), address: values.address ?? null }, say)
    case 'build': return await build(openFolder(), { names: rest, tag: values.tag, seconds, say, signal })
    case 'deploy': return await deploy(values.tag, seconds, signal)
    case 'functions': return await deployFunctions(openFolder(), { seconds, say, signal })
    case 'status': return await status(values.json)
    case 'drain': return await drainNode(openFolder(), { node: one('name of a node'), seconds, say, signal })
    case 'return': return await returnNode(openFolder(), { node: one('name of a node'), say, signal })
    case 'backup': return await backup(openFolder(), values.to ?? usage('backup takes --to FOLDER'), signal)
    case 'rotate': return await rotate(rest, say)
    case 'firewall': return await firewall({ apply: values.apply, nodes: values.node, httpPort: values['http-port'] === undefined ? httpPortOf() : numberOf('http-port', values['http-port']), ssh: values.ssh === 'none' ? null : numberOf('ssh', values.ssh) }, say)
    default: throw new UsageError(`${command === undefined ? 'which command?' : `there is no command ${command}`}\n\n${HELP}`)
  }
}

const deploy = async (tag: string | undefined, seconds: number, signal: AbortSignal): Promise<void> => {
  const folder = tag === undefined ? openFolder() : writeFolder({ IMAGE_TAG: tag })
  await giveShares(say)
  makeSecrets(folder) // those of parts that are newer than the cluster
  await giveSecrets(folder)
  await deployStores(folder, { seconds, say, signal })
  await deployStack(folder, { signal })
  say('Swarm has taken the stack')
  await untilServing(seconds, { say, signal })
  const forgotten = await forgetSecrets(folder)
  if (forgotten.length > 0) say(`${forgotten.length} secrets that nobody uses any more are gone`)
  say('all run')
}

/** Not every node has the operator's folder. */
const httpPortOf = (): number => (existsSync(joinPath(folderPath(), 'cluster.env')) ? openFolder().settings.HTTP_PORT : 80)

const usage = (text: string): never => {
  throw new UsageError(`${text}\n\n${HELP}`)
}

const numberOf = (name: string, text: string): number => {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${name} is a number`)
  return Number(text)
}

const tokenOf = (file: string | undefined): string => {
  const token = file === undefined ? process.env['CLUSTER_TOKEN'] : readFileSync(file, 'utf8').trim()
  if (!token) throw new UsageError('the token of the Swarm is missing: --token-file FILE or CLUSTER_TOKEN; "token" on a manager prints it')
  return token
}

/** As given; the platform's host is the parent of the deployments' domain unless it is said. */
const settingsOf = (values: ReturnType<typeof read>['values']): Partial<Record<keyof ClusterSettings, string>> => ({
  ...(values.domain === undefined ? {} : { DEPLOYMENTS_DOMAIN: values.domain, PLATFORM_HOST: values.domain.split('.').slice(1).join('.') || values.domain }),
  ...(values['platform-host'] === undefined ? {} : { PLATFORM_HOST: values['platform-host'] }),
  ...(values['http-port'] === undefined ? {} : { HTTP_PORT: values['http-port'] }),
  ...(values['public-port'] === undefined ? {} : { PUBLIC_PORT: values['public-port'] }),
  ...(values['docker-socket'] === undefined ? {} : { DOCKER_SOCKET: values['docker-socket'] }),
  ...(values['public-scheme'] === undefined ? {} : { PUBLIC_SCHEME: values['public-scheme'] }),
})

await runCommand(main)
