import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { natsAgents } from '../agent/client.ts'
import { readConfig } from '../config.ts'
import { ownEngine } from '../gateway/swarm/engine.ts'
import { registryAuth } from '../gateway/swarm/services/registry-auth.ts'
import { randomId } from '../ids.ts'
import { announceReady, logger } from '../log.ts'
import { openMetrics } from '../metrics/open.ts'
import { connectNats } from '../nats/connect.ts'
import { rememberedImage, slotImage } from './image.ts'
import { slotKeeper } from './keeper.ts'
import { turns } from './lease.ts'
import { measureKeeper } from './metrics.ts'
import { followOffered, offerGeneration } from './offered.ts'
import { slotServices } from './swarm.ts'

/** How often what is wanted is compared with what is, milliseconds. */
const EVERY_MS = 1_000
const STOP_MS = 5_000

const config = readConfig()
const log = logger('slot-keeper', config.LOG_LEVEL)

const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the slot-keeper cannot go on')
  process.exit(1)
}
const ending = new AbortController()
let ended = Promise.resolve()
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    ending.abort()
    void Promise.race([ended, sleep(STOP_MS)]).then(() => process.exit(0), fail)
  })
}
const rest = () => sleep(EVERY_MS, undefined, { signal: ending.signal }).catch(() => undefined) // told to end

try {
  if (config.SLOT_IMAGE === '') throw new Error('SLOT_IMAGE: name the image of slots, as one-record-playground/slot:latest')
  const connection = await connectNats(config, 'slot-keeper')
  void connection.closed().then((error) => (error ? fail(error) : undefined))
  const replicas = config.NATS_REPLICAS
  const [agents, offered] = [await natsAgents(connection, { replicas, log }), followOffered(connection, replicas, log)]
  await offered.synced
  const engine = ownEngine(config)
  const auth = registryAuth(join(config.SECRETS_DIR, 'registry-auth'))
  const keeper = slotKeeper({
    services: slotServices(engine, config.SLOT_POOL, auth), agents, offered, making: config, spare: config.SPARE_SLOTS, patienceMs: config.SPARE_PATIENCE_SECONDS * 1_000, log,
    offer: (plan, generation) => offerGeneration(connection, replicas, plan, generation),
    image: rememberedImage(() => slotImage(engine, config.SLOT_IMAGE, auth)),
  })
  openMetrics(connection, 'slot-keeper', config.PART_NAME || 'slot-keeper', log)
  measureKeeper(keeper.seen)
  const lead = async (): Promise<void> => {
    for await (const turn of turns(connection, { name: 'slot-keeper', holder: `${hostname()} ${randomId()}`, replicas, log }, ending.signal)) {
      await keeper.lead(turn, rest).catch((error: unknown) => log.warn({ err: error }, 'leading ended; another takes over, or this one again'))
      await rest()
    }
    offered.stop()
    await agents.close()
    await connection.drain()
  }
  ended = lead()
  ended.catch(fail)
  announceReady(log)
} catch (error) {
  fail(error)
}
