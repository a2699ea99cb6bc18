import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { onPlayground, type Ground } from './ground.ts'
import { interleave } from './interleave.ts'
import { latencyRow, type Bench, type Row } from './row.ts'
import { seedHibernated, settled } from './seed.ts'
import { fallAsleep, timeDeploy, visit } from './wake.bench.ts'

const [MANY, FEW] = [10_000, 100]

type Page = { readonly items: readonly unknown[] }

/** What users do, on a playground that knows 10,000 deployments and on one that knows 100, in turn. */
export const scale: Bench = {
  name: 'scale',
  about: `list, wake and deploy with ${MANY.toLocaleString('en')} deployments known | with ${FEW}`,
  run: (progress) => onPlayground(4, (many) => onPlayground(4, async (few) => {
    await Promise.all([seed(many, MANY, progress), seed(few, FEW, progress)])
    const [ofMany, ofFew] = [await actions(many), await actions(few)]
    const row = async (name: keyof typeof ofMany, rounds: number): Promise<Row> => {
      progress(name)
      return latencyRow({ name, ...(await interleave({ rounds, warmUp: 5, progress, ours: ofMany[name], floor: ofFew[name] })), at: 0.5, most: 1.3 })
    }
    return [await row('scale-list', 200), await row('scale-wake', 60), await row('scale-wake-hibernated', 30), await row('scale-deploy', 30)]
  }, QUIET), QUIET),
}

/** Deployments of the measurement itself sleep when they are told to, and not by themselves. */
const QUIET = { PAUSE_AFTER_SECONDS: '3600' }

const seed = async ({ connection }: Ground, count: number, progress: (text: string) => void): Promise<void> => {
  await seedHibernated(await jetStreamEventStore({ nc: connection }), count, progress)
  await settled(connection)
  progress(`${count} deployments are known`)
}

const actions = async (ground: Ground) => {
  const sleeper = await ground.deploy()
  const timed = async (act: () => Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await act()
    return performance.now() - began
  }
  return {
    'scale-list': () => timed(async () => {
      const { items } = await ground.api.call<Page>('GET', '?limit=50')
      if (items.length !== 50) throw new Error(`a page of ${items.length}`)
    }),
    'scale-wake': async () => {
      await fallAsleep(ground, sleeper, 'pause')
      return visit(ground, sleeper)
    },
    'scale-wake-hibernated': async () => {
      await fallAsleep(ground, sleeper, 'hibernate')
      return visit(ground, sleeper)
    },
    'scale-deploy': () => timeDeploy(ground),
  }
}
