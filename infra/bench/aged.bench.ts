import { deploymentsOf } from '../aggregates/deployments.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { onPlayground, type Deployed, type Ground } from './ground.ts'
import { interleave } from './interleave.ts'
import { latencyRow, type Bench, type Row } from './row.ts'
import { seedClaims, seedCycles, settled } from './seed.ts'
import { fallAsleep, visit } from './wake.bench.ts'

const CYCLES = 10_000
/** Each of them a claim in the stream of the deployment itself. */
const CLAIMS = 2_000

/** A wake after 10,000 sleeps against one after one: from pause, and from hibernation (each of those was a claim). */
export const wakeAged: Bench = {
  name: 'wake-aged',
  about: `wake of a deployment that slept ${CYCLES.toLocaleString('en')} times | of one that slept once; and after ${CLAIMS.toLocaleString('en')} hibernations`,
  run: (progress) => onPlayground(6, async (ground) => {
    const [aged, young] = [await ground.deploy(), await ground.deploy()]
    const store = await jetStreamEventStore({ nc: ground.connection })
    const deployments = deploymentsOf(store)
    const { instance } = await deployments.load(aged.id)
    if (!instance) throw new Error(`${aged.id} has not begun`)
    await seedCycles(store, instance, CYCLES)
    progress(`${CYCLES} cycles seeded; waiting for all reactions`)
    await settled(ground.connection)
    for (const deployment of [aged, young]) await visit(ground, deployment)
    const rows: Row[] = [await compare(ground, 'wake-aged', aged, young, 'pause', 100, progress)]
    await fallAsleep(ground, aged, 'hibernate')
    await seedClaims(store, await deployments.load(aged.id), CLAIMS)
    progress(`${CLAIMS} claims seeded; waiting for all reactions`)
    await settled(ground.connection)
    await visit(ground, aged)
    rows.push(await compare(ground, 'wake-aged-claims', aged, young, 'hibernate', 40, progress))
    return rows
  }, { PAUSE_AFTER_SECONDS: '3600' }),
}

const compare = async (ground: Ground, name: string, aged: Deployed, young: Deployed, how: 'pause' | 'hibernate', rounds: number, progress: (text: string) => void): Promise<Row> => {
  const wake = (deployment: Deployed) => async () => {
    await fallAsleep(ground, deployment, how)
    return visit(ground, deployment)
  }
  return latencyRow({ name, ...(await interleave({ rounds, warmUp: 5, progress, ours: wake(aged), floor: wake(young) })), at: 0.5, most: 1.2 })
}
