import { AckPolicy, DeliverPolicy, jetstreamManager, type ConsumerConfig } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { subjectMatches } from '../nats/subject-matches.ts'

/**
 * How far each durable group has come, taken before the messages: what a group had settled then has left its traces in what is
 * taken after. So no group ever begins behind the newest message of a restored stream, where it would pass over what comes next.
 */
const positionSchema = z.strictObject({
  stream: z.string(), name: z.string(),
  /** Up to this sequence all was settled. */
  floor: z.int().min(0),
  /** The consumer's, as the broker gave it. */
  config: z.looseObject({ durable_name: z.string(), filter_subject: z.string().optional(), filter_subjects: z.array(z.string()).optional() }),
})
export type Position = z.infer<typeof positionSchema>

export const takePositions = async (nc: NatsConnection, streams: readonly string[]): Promise<readonly Position[]> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const positions: Position[] = []
  for (const stream of streams) {
    for await (const { name, config, ack_floor } of jsm.consumers.list(stream)) {
      if (config.durable_name === undefined || config.ack_policy !== AckPolicy.Explicit) continue // somebody reads, and begins anew
      positions.push(positionSchema.parse({ stream, name, floor: ack_floor.stream_seq, config }))
    }
  }
  return positions
}

export const readPositions = (folder: string, path: string): readonly Position[] => z.array(positionSchema).parse(JSON.parse(readFileSync(join(folder, path), 'utf8')))

/** Makes the groups anew, each to go on behind what it had settled. What was settled out of turn comes once more. */
export const bringBackPositions = async (nc: NatsConnection, positions: readonly Position[]): Promise<void> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  for (const { stream, floor, config } of positions) {
    const { opt_start_time: _, metadata: __, ...kept } = config
    await jsm.consumers.add(stream, { ...(kept as Partial<ConsumerConfig>), deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: floor + 1 })
  }
}

/** Whether nobody waits for a message any more: each group that hears its subject has settled it. */
export const isSettled = (positions: readonly Position[], { stream, subject, sequence }: { readonly stream: string; readonly subject: string; readonly sequence: number }): boolean => {
  const hearing = positions.filter((one) => one.stream === stream && filtersOf(one).some((filter) => subjectMatches(filter, subject)))
  return hearing.length > 0 && hearing.every(({ floor }) => floor >= sequence)
}

const filtersOf = ({ config: { filter_subject, filter_subjects } }: Position): readonly string[] => filter_subjects ?? [filter_subject ?? '>']
