import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { startPlayground, type Playground } from '../local/playground.ts'
import type { Projection } from '../projector/projection.ts'
import { aftermath } from './aftermath.ts'
import { asking } from './ask.ts'
import type { Operation } from './document.ts'
import { linkedRequests, type LinkedRequest } from './linked-data.ts'
import type { Options } from './options.ts'
import { openPool } from './pool.ts'
import { rawPlans, slowLoris, speakRaw, type RawPlan } from './raw.ts'
import { tally, type Report, type Tally } from './report.ts'
import { requestsTo, type Planned } from './requests.ts'
import { keepAliveClient, type Client } from './send.ts'
import { visitor } from './visit.ts'

const LANES = 6
/** So many are thought up at once. */
const BATCH = 300
const SLOW_CONNECTIONS = 100

type Turn = { readonly api: Planned } | { readonly linked: LinkedRequest } | { readonly raw: RawPlan }

/** One whole run. `say`: progress, a line at a time. @throws Error when the playground does not start */
export const run = async ({ seed, requests }: Pick<Options, 'seed' | 'requests'>, operations: readonly Operation[], projections: readonly Projection[], say: (text: string) => void): Promise<Report> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orp-bad-input-'))
  chmodSync(dataDir, 0o711)
  say(`seed ${seed}, ${requests} requests to ${operations.length} operations, data and logs in ${dataDir}`)
  const began = Date.now()
  const counted = tally()
  const receiver = createServer((request, response) => void request.resume().once('end', () => response.writeHead(204).end()))
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const address = receiver.address()
  const endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
  try {
    const playground = await startPlayground({ dataDir: join(dataDir, 'data'), env: { OUTBOUND_ALLOW: '127.0.0.1/32', SPARE_SLOTS: '1' }, onLine: (line) => appendFileSync(join(dataDir, 'playground.log'), `${line}\n`) })
    try {
      const refused = await ordeal(playground, { seed, requests, turns: turnsOf(operations, endpoint), counted, say })
      say('looking at what is left')
      for (const what of await aftermath(playground, refused, projections)) counted.found(what, 'what is left', what)
    } finally {
      await playground.stop()
    }
  } finally {
    receiver.close()
    receiver.closeAllConnections()
  }
  const findings = counted.findings()
  if (findings.length === 0) rmSync(dataDir, { recursive: true, force: true })
  return { seed, requests: counted.total(), seconds: (Date.now() - began) / 1_000, counts: counted.counts, findings, again: `npm run test:fuzz -- --seed ${seed} --requests ${requests}` }
}

/** Of ten requests seven go to the API, two to a ONE Record server, one is bytes. */
const turnsOf = (operations: readonly Operation[], endpoint: string): fc.Arbitrary<Turn> => {
  const hints = {
    url: fc.constant(endpoint), topics: fc.constantFrom(['events.deployment.*'], ['events.>'], ['events.name.*', 'events.instance.*']), types: fc.constantFrom(null, ['DeploymentRequested'], ['InstancePaused', 'InstanceResumed']),
    name: fc.oneof(fc.nat({ max: 20 }).map((n) => `fuzzed-${n}`), fc.constantFrom('www', 'demo', 'a'.repeat(63))), cursor: fc.constant(undefined),
  }
  return fc.oneof(
    { weight: 7, arbitrary: fc.oneof(...operations.map((operation) => requestsTo(operation, hints))).map((api) => ({ api })) },
    { weight: 2, arbitrary: linkedRequests.map((linked) => ({ linked })) },
    { weight: 1, arbitrary: rawPlans.map((raw) => ({ raw })) },
  )
}

type Ordeal = { readonly seed: number; readonly requests: number; readonly turns: fc.Arbitrary<Turn>; readonly counted: Tally; readonly say: (text: string) => void }

/** Resolves to the call ids of what was refused. */
const ordeal = async (playground: Playground, { seed, requests, turns, counted, say }: Ordeal): Promise<ReadonlySet<string>> => {
  const { httpPort, token, secretsDir } = playground
  const host = `localhost:${httpPort}`
  const client = keepAliveClient(httpPort, LANES + 2)
  const pool = openPool()
  const api = asking(client, { host, token, secrets: secretsIn(secretsDir) }, pool, counted)
  try {
    const own = await visitor(client, await deploy(client, host, token, playground.deploymentsDomain), counted)
    let linked = Promise.resolve() // one after the other: each is asked what it changed
    let sentinel = 0
    const speak = async (plan: RawPlan): Promise<void> => {
      const marker = `s${seed}-${(sentinel += 1)}`
      const said = await speakRaw(httpPort, plan, host, marker)
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(said)?.[1] ?? 'none'
      counted.count(`bytes: ${plan.shape}`, status)
      if (/^5(?!01|05)/.test(status)) counted.found(said.slice(0, 200), `bytes: ${plan.shape}`, JSON.stringify(plan))
      // on a connection that others use nobody gets another one's answer
      const { text } = await client.send({ method: 'GET', path: `/api/deployments/${marker}`, headers: { host, authorization: `Bearer ${token}` }, body: null })
      if (!text.includes(`no deployment ${marker}`)) counted.found(`after it another request got another answer: ${text.slice(0, 200)}`, `bytes: ${plan.shape}`, JSON.stringify(plan))
    }
    const take = async (turn: Turn): Promise<void> => {
      if ('api' in turn) return api.ask(turn.api)
      if ('raw' in turn) return speak(turn.raw)
      return (linked = linked.then(() => own.visit(turn.linked)))
    }
    for (let batch = 0, done = 0; done < requests; batch += 1) {
      const plans = fc.sample(turns, { seed: seed + batch * 7_919, numRuns: Math.min(BATCH, requests - done) })
      const slow = batch % 10 === 1 ? await slowLoris(httpPort, host, SLOW_CONNECTIONS) : []
      const waiting = plans.values()
      await Promise.all(Array.from({ length: LANES }, async () => { for (const turn of waiting) await take(turn) }))
      for (const socket of slow) socket.destroy()
      done += plans.length
      if (batch % 5 === 4) say(`${done} of ${requests}, ${counted.findings().length} findings`)
    }
    await own.settle()
    return api.refused
  } finally {
    client.close()
  }
}

/** Resolves to the host of a deployment that answers. */
const deploy = async (client: Client, host: string, token: string, domain: string): Promise<string> => {
  const body = Buffer.from('{"name":"visited","settings":{"open":true,"requestsPerMinute":1000000}}')
  await client.send({ method: 'POST', path: '/api/deployments', headers: { host, authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body })
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    if ((await client.send({ method: 'GET', path: '/', headers: { host: `visited.${domain}` }, body: null })).status === 200) return `visited.${domain}`
  }
  throw new Error('a deployment does not answer within a minute')
}

/** No answer may hold one. */
const secretsIn = (folder: string): readonly string[] =>
  readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').trim()).filter((text) => text.length >= 16)
