import { outMs, type Candidate } from './choose.ts'
import { openPool, type Pool } from './pool.ts'
import type { Placed } from './tasks.ts'

/** A container that takes calls, as this gateway knows it. */
export type Replica = Candidate & {
  readonly taskId: string
  readonly functionId: string
  readonly node: string
  readonly host: string
  readonly port: number
  readonly pool: Pool
  inFlight: number
  refusals: number
  outUntil: number
  isSuperseded: boolean
}

export const replicaAt = ({ taskId, functionId, node }: Placed, host: string, port: number): Replica => ({
  taskId, functionId, node, host, port, pool: openPool(), inFlight: 0, refusals: 0, outUntil: 0, isSuperseded: false,
})

/** It refused a connection: it is left alone for a moment, longer each time. */
export const refused = (replica: Replica): void => {
  replica.refusals += 1
  replica.outUntil = performance.now() + outMs(replica.refusals)
}

export const accepted = (replica: Replica): void => {
  replica.refusals = 0
  replica.outUntil = 0
}
