import type { NatsConnection } from '@nats-io/transport-node'
import type { Config } from '../config.ts'
import { ownEngine } from '../gateway/swarm/engine.ts'
import type { Log } from '../log.ts'
import { bundleSlot } from '../slot/bundle.ts'
import { CONTROL_FOLDER } from '../slot-keeper/labels.ts'
import { followOffered } from '../slot-keeper/offered.ts'
import { chooseFreezers } from './choose-freezers.ts'
import { processRuntime } from './process-runtime.ts'
import { reapSlots } from './reap.ts'
import type { Runtime } from './runtime.ts'
import { slotContainers } from './swarm/containers.ts'
import { startingAgain } from './swarm/start-again.ts'
import { swarmRuntime } from './swarm/swarm-runtime.ts'

/** What the slots of this agent run in. `close`: what becomes of them when it ends, as AGENT_STOP says; of one that was drained what is left ends. */
export type OpenRuntime = { readonly runtime: Runtime; close(slots: Exclude<Config['AGENT_STOP'], 'drain'>): Promise<void> }

/** Processes are reached from this machine only. */
const HOST = '127.0.0.1'

/** The runtime that SLOT_RUNTIME asks for; resolves when it can adopt. */
export const openRuntime = (connection: NatsConnection, config: Config, log: Log): Promise<OpenRuntime> =>
  config.SLOT_RUNTIME === 'swarm' ? containersOf(connection, config, log) : processesOf(config, log)

const processesOf = async (config: Config, log: Log): Promise<OpenRuntime> => ({
  runtime: processRuntime({ bundle: await bundleSlot(), dataDir: config.DATA_DIR, host: HOST, freezers: chooseFreezers(config), log }),
  close: async (slots) => {
    if (slots === 'end') await reapSlots(config.DATA_DIR)
  },
})

const containersOf = async (connection: NatsConnection, config: Config, log: Log): Promise<OpenRuntime> => {
  const offered = followOffered(connection, config.NATS_REPLICAS, log)
  await offered.synced
  const engine = ownEngine(config)
  const runtime = swarmRuntime({
    containers: startingAgain(slotContainers(engine, { pool: config.SLOT_POOL, network: config.SLOT_NETWORK, log }), engine, log),
    offered: offered.generation, proc: config.HOST_PROC, cgroups: config.CGROUP_ROOT, control: CONTROL_FOLDER, controlHere: config.SLOT_CONTROL_DIR, dataDir: config.DATA_DIR, log,
  })
  return {
    runtime,
    close: async (slots) => {
      offered.stop()
      await runtime.close(slots)
    },
  }
}
