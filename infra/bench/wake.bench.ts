import { setTimeout as sleep } from 'node:timers/promises'
import { bundleBareServer, frozenProcess, spawnToFirst200 } from './floor.ts'
import { onPlayground, type Deployed, type Ground } from './ground.ts'
import { interleave } from './interleave.ts'
import { latencyRow, quantile, type Bench, type Row } from './row.ts'

/** Between falling asleep and the visit: what follows from the pause (route, timers, read models) is over, as it would be. */
const SETTLE_MS = 200
/** A slot that was given up is replaced within this time. */
const REPLACED_MS = 400

export const visit = async ({ client }: Ground, { url }: Deployed): Promise<number> => {
  const { status, ms, body } = await client.ask(`${url}/`)
  if (status !== 200) throw new Error(`${url}: ${status} ${body.toString('utf8')}`)
  return ms
}

export const fallAsleep = async (ground: Ground, deployment: Deployed, how: 'pause' | 'hibernate'): Promise<void> => {
  await ground.until(deployment, how === 'pause' ? 'InstancePaused' : 'InstanceHibernated', () => ground.api.call('POST', `/${deployment.id}/${how}`))
  await sleep(how === 'pause' ? SETTLE_MS : SETTLE_MS + REPLACED_MS)
}

/** Milliseconds from the POST to the first 200 of a new deployment, which is deleted again. */
export const timeDeploy = async ({ deploy: deployOne, api }: Ground): Promise<number> => {
  await sleep(REPLACED_MS)
  const began = performance.now()
  const { id } = await deployOne()
  const ms = performance.now() - began
  await api.call('DELETE', `/${id}`)
  return ms
}

/** A visit of a frozen deployment, through the edge and the whole event path; the floor is SIGCONT and a request. */
export const wakePaused: Bench = {
  name: 'wake-paused',
  about: 'request into a frozen deployment, through edge and events | thaw + request to the same process',
  run: (progress) => onPlayground(2, async (ground) => {
    const frozen = await frozenProcess(await ground.storage())
    try {
      const deployment = await ground.deploy()
      const samples = await interleave({
        rounds: 100, warmUp: 10, progress, floor: () => frozen.cycle(SETTLE_MS),
        ours: async () => {
          await fallAsleep(ground, deployment, 'pause')
          return visit(ground, deployment)
        },
      })
      return [latencyRow({ name: 'wake-paused', ...samples, at: 0.95, most: 3 })]
    } finally {
      await frozen.close()
    }
  }),
}

/** A visit of a hibernated deployment: a new claim; the floor is the same server spawned, to its first 200. */
export const wakeHibernated: Bench = {
  name: 'wake-hibernated',
  about: 'request into a hibernated deployment | spawn of the same server to its first 200',
  run: (progress) => onPlayground(4, async (ground) => {
    const bundle = await bundleBareServer()
    const deployment = await ground.deploy()
    const samples = await interleave({
      rounds: 40, warmUp: 3, progress, floor: () => spawned(ground, bundle),
      ours: async () => {
        await fallAsleep(ground, deployment, 'hibernate')
        return visit(ground, deployment)
      },
    })
    return [latencyRow({ name: 'wake-hibernated', ...samples, at: 0.95, most: 0.5 })]
  }),
}

/** POST to the first 200 of the new public URL; the floor is the same server spawned, to its first 200. */
export const deploy: Bench = {
  name: 'deploy',
  about: 'POST /deployments to the first 200 of the new public URL | spawn of the same server to its first 200',
  run: (progress) => onPlayground(4, async (ground) => {
    const bundle = await bundleBareServer()
    const samples = await interleave({
      rounds: 40, warmUp: 3, progress, floor: () => spawned(ground, bundle),
      ours: () => timeDeploy(ground),
    })
    return [latencyRow({ name: 'deploy', ...samples, at: 0.95, most: 1 })]
  }),
}

const spawned = async (ground: Ground, bundle: string): Promise<number> => spawnToFirst200(bundle, await ground.storage(), ground.client)

type Activity = { readonly wakes: number }

/** 100 visitors at once of one sleeping deployment, and one each of 100: every one is answered, each wakes once. */
export const wakeStorm: Bench = {
  name: 'wake-storm',
  about: '100 requests at once into one sleeping deployment; 100 sleeping deployments at once: all 200, one wake each',
  run: (progress) => onPlayground(8, async (ground) => {
    const one = await ground.deploy()
    await fallAsleep(ground, one, 'pause')
    const gathered = await storm(ground, 'wake-storm-one', Array.from({ length: 100 }, () => one))
    progress('one deployment done; making 100')
    const hundred: Deployed[] = []
    while (hundred.length < 100) hundred.push(...(await Promise.all(Array.from({ length: 4 }, () => ground.deploy()))))
    for (const deployment of hundred) await ground.until(deployment, 'InstancePaused', () => ground.api.call('POST', `/${deployment.id}/pause`))
    await sleep(500)
    return [gathered, await storm(ground, 'wake-storm-many', hundred)]
  }, { MAX_SLOTS: '150' }),
}

const storm = async (ground: Ground, name: string, visited: readonly Deployed[]): Promise<Row> => {
  const asleep = [...new Set(visited)]
  const before = await wakesOf(ground, asleep)
  const waits = await Promise.all(visited.map((deployment) => visit(ground, deployment)))
  await sleep(1_000) // the read model counts what has happened
  const woken = (await wakesOf(ground, asleep)).map((wakes, index) => wakes - (before[index] ?? 0))
  const once = woken.filter((wakes) => wakes === 1).length
  return {
    name, value: waits.length, unit: 'ok', floor: null, ratio: null, n: waits.length,
    p50: quantile(waits, 0.5), p95: quantile(waits, 0.95), p99: quantile(waits, 0.99),
    target: `all 200, one wake each (${once}/${asleep.length})`, met: once === asleep.length,
  }
}

const wakesOf = (ground: Ground, deployments: readonly Deployed[]): Promise<number[]> =>
  Promise.all(deployments.map(async ({ id }) => (await ground.api.call<Activity>('GET', `/${id}/activity`)).wakes))
