import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OneRecordClient } from '../one-record/client/client.ts'
import type { LinkedData } from '../one-record/client/operations.ts'
import { readWhole, sameGraph } from '../one-record/compare.ts'
import { httpClient, operator, type Answer, type Client } from './http.ts'
import { visitPlayground } from './playground.ts'
import { holderAt } from './holder.ts'
import { tokensOf, type MadeWithSecret } from './token.ts'
import { recorder, type Recorder, type Step } from './steps.ts'

const HELP = `npm run demo -- --body FILE [--name NAME] [--json]

The life of one deployment with your JSON-LD file, every step checked: deploy, POST the body to the public URL, GET it back,
wait for the idle pause, hit, GET, wait for hibernation, hit, GET the same data, delete. It never asks for a pause or a
hibernation: it waits. Uses the playground that runs, else starts one for the time being.

--body FILE   a logistics object as JSON-LD, any form
--name NAME   name of the deployment (default: one is invented)
--json        one object a line: {"step","event","at","ms","detail"}
Exit code: 0 all as it should be, 1 any deviation, 2 usage.
`

const SETTINGS = { pauseAfterSeconds: 2, hibernateAfterSeconds: 3 }
/** Longest time to wait for a threshold plus what follows from it, milliseconds. */
const PATIENCE_MS = 30_000

type Made = MadeWithSecret & { readonly id: string; readonly name: string; readonly url: string }
type Scene = { readonly client: Client; readonly api: ReturnType<typeof operator>; readonly body: string; readonly name: string | undefined; readonly show: (step: Step) => void }

/** The whole life. @throws Error that says which step deviated and how */
const live = async ({ client, api, body, name, show }: Scene): Promise<void> => {
  let deployment: Made = { id: '', name: '', url: '', tokenUrl: '', clientId: '', clientSecret: '' }
  const log = recorder(api, () => deployment.id, show)
  // whatever it is, the server is to judge it
  const posted = JSON.parse(body) as LinkedData

  deployment = await log.act('deploy', async () => (await api.ask('deployments', 'POST /', { body: { ...(name === undefined ? {} : { name }), settings: SETTINGS } })).body, ({ url }) => url)
  const tokens = tokensOf(client, deployment)
  const holder = holderAt(client, deployment.url, tokens)
  await log.act('token', () => tokens.token(), () => 'fetched with what it was made with')
  await log.act('first visit', () => holder.call('GET /'), ({ status }) => `${status} server information`)
  await log.event('deployed', 'InstanceStarted', PATIENCE_MS)

  const created = await log.act('post', () => holder.call('POST /logistics-objects', { body: posted }), ({ headers }) => headers['location'] ?? 'no Location')
  const location = created.headers['location']
  if (!location?.startsWith(`${deployment.url}/logistics-objects/`)) throw new Error(`Location is ${location}, not below ${deployment.url}/logistics-objects/`)
  const readBack = (step: string) => log.act(step, () => sameData(holder, location, posted), (documents) => `200, the same data in ${documents} object${documents === 1 ? '' : 's'}`)

  await readBack('get')
  await asleep('pause', 'InstancePaused', log)
  await readBack('hit while paused')
  await log.event('woken', 'InstanceResumed', PATIENCE_MS)
  await asleep('pause again', 'InstancePaused', log)
  await asleep('hibernate', 'InstanceHibernated', log)
  await readBack('hit while hibernated')
  await log.event('woken by a new claim', 'InstanceStarted', PATIENCE_MS)

  await log.act('delete', async () => (await api.ask('deployments', 'DELETE /:id', { params: { id: deployment.id } })).body, ({ status }) => status)
  await log.event('deleted', 'DeploymentDeleted', PATIENCE_MS)
  await log.act('visit after the end', () => untilStatus(client, `${deployment.url}/`, 410), ({ status }) => String(status))
}

/** Waits, and does nothing else, until it has fallen asleep by itself. */
const asleep = (step: string, event: string, log: Recorder) => log.event(`${step} (waiting)`, event, PATIENCE_MS)

/** GETs the object, and those that were split out of it, and compares the graphs. @throws Error with every deviation */
const sameData = async (holder: OneRecordClient, location: string, posted: unknown): Promise<number> => {
  const documents = await readWhole(async (at) => (await holder.call('GET /logistics-objects/{id}', { at })).body, location, posted)
  const deviations = sameGraph(posted, documents)
  if (deviations.length > 0) throw new Error(`what is read is not what was posted:\n  ${deviations.join('\n  ')}`)
  return documents.length
}

const expectStatus = (answer: Answer, status: number): Answer => {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.body.toString('utf8').slice(0, 1_000)}`)
  return answer
}

/** The edge hears of it a moment after the event. */
const untilStatus = async (client: Client, url: string, status: number): Promise<Answer> => {
  const until = Date.now() + 5_000
  for (;;) {
    const answer = await client.ask(url)
    if (answer.status === status || Date.now() > until) return expectStatus(answer, status)
    await sleep(20)
  }
}

const line = ({ step, event, at, ms, detail }: Step): string =>
  `${step.padEnd(24)} ${(event ?? '').padEnd(20)} ${(at ?? '').padEnd(25)} ${ms.toFixed(1).padStart(9)} ms  ${detail}\n`

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { body: { type: 'string' }, name: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help) return process.stdout.write(HELP), 0
  if (values.body === undefined) return process.stderr.write(`--body is missing\n\n${HELP}`), 2
  const body = readFileSync(values.body, 'utf8')
  const { running, leave } = await visitPlayground((text) => process.stderr.write(`  ${text}\n`))
  const client = httpClient({ keepAlive: false })
  try {
    const show = (step: Step) => void process.stdout.write(values.json ? `${JSON.stringify(step)}\n` : line(step))
    await live({ client, api: operator(client, running.urls.platform, running.tokenFile), body, name: values.name, show })
  } finally {
    client.close()
    await leave()
  }
  return 0
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
