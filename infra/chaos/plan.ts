import type { Dice } from './dice.ts'

/** How many of each part the playground of a run has. */
export const SEVERAL = { GATEWAYS: '2', DISPATCHERS: '2', PROJECTORS: '2', AGENTS: '2', EDGES: '2' } as const

const TWOFOLD = ['haproxy', 'gateway', 'dispatcher', 'projector', 'agent', 'edge'].flatMap((kind) => [`${kind}-1`, `${kind}-2`])
const SERVERS = ['nats-server', 'postgres', 'minio'] as const
export const PARTS: readonly string[] = [...SERVERS, 'credentials', ...TWOFOLD]
/** Those that talk to the broker. */
const CONNECTED = PARTS.filter((name) => !name.startsWith('haproxy') && !SERVERS.some((server) => server === name))

/** `late`: what was sent meanwhile arrives when the line is mended, as TCP does; `lost`: it never does, and the connection is dead. */
export type Cut = 'late' | 'lost'

/** One blow. Times in milliseconds, `atMs` from the beginning of the load. */
export type Blow = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly part: string }
  | { readonly kind: 'stop'; readonly part: string; readonly forMs: number }
  | { readonly kind: 'cut'; readonly part: string; readonly how: Cut; readonly forMs: number }
  /** `which`, in [0, 1): the slot, among those that there are then. */
  | { readonly kind: 'slot'; readonly which: number }
)

/** Cut off from the broker: everybody. */
export const EVERYBODY = 'everybody'

/** First blow when the first deployments are on their way; the last one a moment before the end. */
const [FIRST_MS, GAP_MS] = [2_000, [600, 3_500] as const]

/** All blows of a run: which, whom and when, from the dice alone. */
export const planOf = (dice: Dice, durationMs: number): readonly Blow[] => {
  const blows: Blow[] = []
  for (let atMs = FIRST_MS; atMs < durationMs; atMs += dice.between(...GAP_MS)) blows.push({ atMs: Math.round(atMs), ...blow(dice) })
  return blows
}

type Unscheduled = Blow extends infer B ? (B extends Blow ? Omit<B, 'atMs'> : never) : never

const blow = (dice: Dice): Unscheduled => {
  switch (dice.weighted({ killPart: 34, killServer: 12, slot: 18, stop: 18, cut: 18 })) {
    case 'killPart': return { kind: 'kill', part: dice.oneOf(['credentials', ...TWOFOLD]) }
    case 'killServer': return { kind: 'kill', part: dice.oneOf(SERVERS) }
    case 'slot': return { kind: 'slot', which: dice.between(0, 1) }
    case 'stop': return { kind: 'stop', part: dice.oneOf(PARTS), forMs: Math.round(dice.between(500, 9_000)) }
    case 'cut': return { kind: 'cut', part: dice.oneOf([EVERYBODY, ...CONNECTED]), how: dice.oneOf(['late', 'lost']), forMs: Math.round(dice.between(500, 10_000)) }
  }
}
