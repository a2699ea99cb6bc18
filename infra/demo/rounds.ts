import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient, operator, type Client } from './http.ts'
import { followInstances, type Follower } from './follow.ts'
import { MOMENTS, momentBy, type Moment } from './moments.ts'
import { randomId } from '../ids.ts'
import { visitPlayground } from './playground.ts'
import { seeded } from './random.ts'

const HELP = `npm run rounds [-- --seed N] [--rounds N] [--deployments N] [--edges N] [--agents N]

Sends requests that arrive at random moments of pausing, freezing, hibernating and waking; each must be answered 200 by the
right deployment. Prints the seed, how many arrived in which moment, and the longest wait. Starts a playground if none runs.

--seed N         the same seed gives the same moments (default: from the clock)
--rounds N       requests in all (200)
--deployments N  deployments that are asked side by side (8)
--edges N        edges of the playground that is started here; requests go to all edges in turn (1)
--agents N       agents of it (1)
Exit code: 0 all answered, 1 not.
`

/** The ports of the edges, one after the other, for ever. */
type Turns = () => number

type Lane = { readonly id: string; readonly name: string; readonly url: string; readonly object: string }
type Result = { readonly moment: Moment; readonly status: string; readonly ms: number; readonly fault: string | null }

const prepare = async (client: Client, api: ReturnType<typeof operator>, name: string): Promise<Lane> => {
  const { body: { id, url } } = await api.ask('deployments', 'POST /', { body: { name, settings: { pauseAfterSeconds: 1, hibernateAfterSeconds: 1, open: true, requestsPerMinute: 1_000_000 } } })
  const piece = JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': `only ${name} has this` })
  const posted = await client.ask(`${url}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: piece })
  const object = posted.headers['location']
  if (posted.status !== 201 || object === undefined) throw new Error(`POST to ${name}: ${posted.status} ${posted.body.toString('utf8')}`)
  return { id, name, url, object }
}

/** Longer than both thresholds together. */
const PATIENCE_MS = 4_000

const heard = (event: Promise<void>): Promise<boolean> => event.then(() => true, () => false)

/** One request at its moment. */
const round = async (lane: Lane, moment: Moment, random: () => number, client: Client, port: Turns, follower: Follower): Promise<Result> => {
  const { after, within: [from, to], trigger } = MOMENTS[moment]
  // a request that was answered just before the route went out leaves it asleep: then somebody has to knock
  while (!(await heard(follower.next(lane.id, after, PATIENCE_MS)))) await client.ask(lane.object, { port: port() })
  const triggered = trigger ? client.ask(lane.object, { port: port() }) : null
  await sleep(from + random() * (to - from))
  const status = follower.statusOf(lane.id)
  const answer = await client.ask(lane.object, { port: port() })
  await triggered
  const own = answer.body.toString('utf8').includes(`only ${lane.name} has this`)
  const fault = answer.status !== 200 ? `${answer.status} ${answer.body.toString('utf8').slice(0, 200)}` : own ? null : 'answered by another deployment'
  return { moment, status, ms: answer.ms, fault }
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, rounds: { type: 'string', default: '200' }, deployments: { type: 'string', default: '8' }, edges: { type: 'string', default: '1' }, agents: { type: 'string', default: '1' }, help: { type: 'boolean' } } })
  if (values.help) return process.stdout.write(HELP), 0
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  const [rounds, lanes, edges, agents] = [Number(values.rounds), Number(values.deployments), Number(values.edges), Number(values.agents)]
  if (![seed, rounds, lanes, edges, agents].every((value) => Number.isInteger(value) && value >= 0)) throw new Error(`whole numbers, please\n\n${HELP}`)
  process.stdout.write(`seed ${seed}\n`)
  const { running, leave } = await visitPlayground((text) => process.stderr.write(`  ${text}\n`), undefined, { EDGES: String(edges), AGENTS: String(agents) })
  if (running.edges.length < edges) return await leave(), fail(`the playground that runs has ${running.edges.length} of ${edges} edges: end it, or give another DATA_DIR`)
  const ports = running.edges.map((url) => Number(new URL(url).port))
  let turn = 0
  const port: Turns = () => ports[turn++ % ports.length] ?? running.httpPort
  const client = httpClient({ keepAlive: false })
  const follower = await followInstances(running)
  const results: Result[] = []
  const run = randomId().slice(0, 6) // names differ from run to run, also with the same seed
  try {
    const api = operator(client, running.urls.platform, running.tokenFile)
    const random = seeded(seed)
    const made = await Promise.all(Array.from({ length: lanes }, (_, index) => prepare(client, api, `round-${run}-${index}`)))
    const rounded = await Promise.allSettled(made.map(async (lane, index) => {
      const dice = seeded(Math.floor(random() * 2 ** 32))
      for (let count = index; count < rounds; count += lanes) {
        results.push(await round(lane, momentBy(dice()), dice, client, port, follower))
        if (results.length % 25 === 0) process.stderr.write(`  ${results.length}/${rounds}\n`)
      }
    }))
    await Promise.all(made.map(({ id }) => api.ask('deployments', 'DELETE /:id', { params: { id } })))
    for (const lane of rounded) if (lane.status === 'rejected') throw lane.reason
  } finally {
    client.close()
    await follower.close()
    await leave()
  }
  process.stdout.write(`edges ${ports.length}\n`)
  return report(results, rounds)
}

const fail = (text: string): number => (process.stderr.write(`${text}\n`), 1)

const report = (results: readonly Result[], rounds: number): number => {
  const arrived = Object.entries(Object.groupBy(results, ({ status }) => status)).map(([status, those]) => `${status} ${those?.length ?? 0}`)
  const faults = results.filter(({ fault }) => fault !== null)
  const waits = results.map(({ ms }) => ms).toSorted((a, b) => a - b)
  for (const { moment, status, fault } of faults) process.stdout.write(`FAULT aimed at ${moment}, arrived while ${status}: ${fault}\n`)
  process.stdout.write(`arrived while: ${arrived.join(', ')}\n`)
  process.stdout.write(`${results.length - faults.length} of ${rounds} answered 200 by the right deployment; median wait ${waits[Math.floor(waits.length / 2)]?.toFixed(1)} ms, longest wait ${waits.at(-1)?.toFixed(1)} ms\n`)
  return faults.length === 0 && results.length === rounds ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
