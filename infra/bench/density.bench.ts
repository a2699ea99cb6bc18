import { readRecords, slotsFolder } from '../agent/slot-records.ts'
import { bundleBareServer, spawnBare, type BareServer } from './floor.ts'
import { onPlayground, type Deployed, type Ground } from './ground.ts'
import { memoryOf } from './memory.ts'
import { quantile, type Bench, type Row } from './row.ts'
import { fallAsleep, visit } from './wake.bench.ts'

const DEPLOYMENTS = 20
const MIB = 1024 * 1024

/** Memory of each frozen deployment against the bare server that has answered as often; and what is left of hibernated ones. */
export const density: Bench = {
  name: 'density',
  about: 'memory (PSS) per frozen deployment and per hibernated one | the bare process',
  run: (progress) => onPlayground(0, async (ground) => {
    const bare: BareServer[] = []
    try {
      const bundle = await bundleBareServer()
      const deployments: Deployed[] = []
      for (let number = 0; number < DEPLOYMENTS; number += 1) {
        deployments.push(await ground.deploy())
        const server = await spawnBare(bundle, await ground.storage())
        bare.push(server)
        await ground.client.ask(server.url)
      }
      progress(`${DEPLOYMENTS} of each serve`)
      for (const deployment of deployments) {
        await visit(ground, deployment)
        await fallAsleep(ground, deployment, 'pause')
      }
      for (const { url } of bare) await ground.client.ask(url)
      const floor = bare.map(({ pid }) => memoryOf(pid))
      const frozen = slots(ground).map(memoryOf)
      for (const deployment of deployments) await fallAsleep(ground, deployment, 'hibernate')
      const hibernated = slots(ground).map(memoryOf)
      return [row('density-frozen', frozen, floor, 1.2), row('density-hibernated', hibernated, floor, 0)]
    } finally {
      await Promise.all(bare.map((server) => server.end()))
    }
  }, { MAX_SLOTS: String(DEPLOYMENTS), PAUSE_AFTER_SECONDS: '3600' }),
}

/** Processes of all slots there are: without spare ones, those of the deployments. */
const slots = ({ dataDir }: Ground): readonly number[] => readRecords(slotsFolder(dataDir)).map(({ pid }) => pid)

const row = (name: string, ours: readonly number[], floor: readonly number[], most: number): Row => {
  const perDeployment = ours.reduce((sum, bytes) => sum + bytes, 0) / DEPLOYMENTS / MIB
  const base = quantile(floor, 0.5) / MIB
  const spread = ours.length === 0 ? null : (q: number) => quantile(ours, q) / MIB
  return {
    name, value: perDeployment, unit: 'MiB', floor: base, ratio: perDeployment / base, n: DEPLOYMENTS, p50: spread?.(0.5) ?? 0, p95: spread?.(0.95) ?? 0, p99: spread?.(0.99) ?? 0,
    target: most === 0 ? '0' : `<= ${most}`, met: perDeployment / base <= most,
  }
}
