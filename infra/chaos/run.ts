import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gone } from '../local/processes.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { chooseFree } from '../local/ports.ts'
import type { Projection } from '../projector/projection.ts'
import { openBrokerLine } from './broker-line.ts'
import { clientsOf } from './clients.ts'
import { diceOf } from './dice.ts'
import { openLedger } from './ledger.ts'
import type { Options } from './options.ts'
import { own } from './owner.ts'
import { planOf, SEVERAL } from './plan.ts'
import { isGood, type Report, type Verdict } from './report.ts'
import { readAllObjects, startStopped, untilAsWanted } from './settle.ts'
import { strike } from './strike.ts'
import { watchProcesses } from './targets.ts'
import { leftovers } from './verify/leftovers.ts'
import { verifyStores } from './verify/stores.ts'

const OWNERS = 5
/** Everything is whole again within this, milliseconds. */
const HEAL_MS = 90_000

/** Short of everything, so that a run of a minute meets what takes hours otherwise. */
const SETTINGS = { ...SEVERAL, SPARE_SLOTS: '2', LEASE_SECONDS: '10', WAKER_TIMEOUT_SECONDS: '10', FUNCTION_TIMEOUT_SECONDS: '20', MAX_DEATHS: '10000' } as const

/** One whole run. `say`: progress, a line at a time. @throws Error when the playground does not even start */
export const run = async ({ seed, minutes }: Pick<Options, 'seed' | 'minutes'>, projections: readonly Projection[], say: (text: string) => void): Promise<Report> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orp-chaos-'))
  chmodSync(dataDir, 0o711)
  say(`seed ${seed}, ${minutes} minutes, data and logs in ${dataDir}`)
  const { NATS_URL: natsPort = 0 } = await chooseFree(['NATS_URL'], {})
  const line = await openBrokerLine(natsPort)
  const env = { ...SETTINGS, NATS_PORT: String(natsPort), NATS_URL: `nats://127.0.0.1:${line.port}` }
  const onLine = (text: string) => appendFileSync(join(dataDir, 'playground.log'), `${text}\n`)
  try {
    const playground = await startPlayground({ dataDir, env, onLine })
    const processes = watchProcesses(dataDir)
    const outcome = await ordeal(playground, { seed, minutes, projections, line, natsUrl: `nats://127.0.0.1:${natsPort}`, say })
      .finally(processes.stop)
      .catch(async (error: unknown) => {
        await playground.stop().catch(() => undefined) // the first failure is the one to tell
        throw error
      })
    say('ending the playground')
    const how = await playground.stop().then(() => [], (error: unknown) => [String(error).slice(0, 2_000)])
    await gone(processes.left(), 10_000)
    const left = await leftovers(processes.left(), dataDir)
    const verdicts: readonly Verdict[] = [...outcome.verdicts, { promise: 'nothing is left running', seen: `${processes.seen()} processes`, broken: [...how, ...left] }]
    const good = isGood({ verdicts })
    if (good) rmSync(dataDir, { recursive: true, force: true })
    return { ...outcome, seed, minutes, verdicts, dataDir: good ? null : dataDir, again: `npm run test:chaos -- --seed ${seed} --minutes ${minutes}` }
  } finally {
    await line.close()
  }
}

type Scene = { readonly seed: number; readonly minutes: number; readonly projections: readonly Projection[]; readonly line: Awaited<ReturnType<typeof openBrokerLine>>; readonly natsUrl: string; readonly say: (text: string) => void }

const ordeal = async (playground: Playground, { seed, minutes, projections, line, natsUrl, say }: Scene): Promise<Pick<Report, 'struck' | 'done' | 'verdicts' | 'healedSeconds'>> => {
  const { dataDir, token } = playground
  const dice = diceOf(seed)
  const plan = planOf(dice.split(), minutes * 60_000)
  const ledger = openLedger()
  const clients = clientsOf(playground, token)
  const [enough, giveUp] = [new AbortController(), new AbortController()]
  const began = Date.now()
  const told = (text: string) => say(`${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`)
  const owners = Array.from({ length: OWNERS }, (_, index) =>
    own({ name: `chaos-${index + 1}`, clients, ledger, dice: dice.split(), enough: enough.signal, giveUp: giveUp.signal }))
  const strikes = strike(plan, { dataDir, line, say: told, signal: enough.signal })
  const progress = setInterval(() => told(`${ledger.deployments.length} deployments, ${ledger.acknowledged.length} commands acknowledged, ${sum(ledger.deployments.map(({ objects }) => objects.length))} objects`), 5_000)
  try {
    await Promise.race([sleep(minutes * 60_000), ...owners]) // an owner ends only with an error before it is enough
    enough.abort()
    await strikes.done
    await strikes.relent()
    told('that was the last blow; healing')
    const healing = Date.now()
    const until = healing + HEAL_MS
    const late = setTimeout(() => giveUp.abort(), HEAL_MS)
    await Promise.all(owners)
    clearTimeout(late)
    const settling = { clients, ledger, dice, until }
    const unlike = await untilAsWanted(settling)
    const healedSeconds = (Date.now() - healing) / 1_000
    told(`healed (${healedSeconds.toFixed(1)} s); reading everything`)
    const count = ledger.deployments.length
    await startStopped({ ...settling, until: Date.now() + HEAL_MS })
    const { objects, unread } = await readAllObjects({ ...settling, until: Date.now() + HEAL_MS })
    const stored = await verifyStores({ playground, projections, natsUrl, ledger, say: told })
    return {
      struck: strikes.struck(), done: ledger.counts(), healedSeconds,
      verdicts: [
        { promise: 'no answer broke a promise while it went on', seen: `${sum(Object.values(ledger.counts()))} answers`, broken: ledger.broken },
        { promise: 'every deployment is as its owner wants it, through every edge', seen: `${count} deployments`, broken: unlike },
        { promise: 'every acknowledged object can be read as it was posted', seen: `${objects} objects`, broken: unread },
        ...stored,
      ],
    }
  } finally {
    clearInterval(progress)
    enough.abort()
    giveUp.abort()
    await strikes.relent()
    clients.close()
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
