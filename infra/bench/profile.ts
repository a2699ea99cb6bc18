import { parseArgs } from 'node:util'
import type { Msg } from '@nats-io/transport-node'
import { HEADER } from '../nats/wire.ts'
import { onPlayground } from './ground.ts'
import { quantile } from './row.ts'
import { fallAsleep, visit } from './wake.bench.ts'

const HELP = `npm run profile: where the time of a wake from pause goes.

Watches what passes the broker, from outside, while a deployment is woken again and again as in the bench wake-paused, on a
playground of its own. Prints when each message was seen, milliseconds after the visitor's request was sent.
`

const ROUNDS = 60
const WARM_UP = 10

/** What a message means in the course of a wake. `asked` remembers where the answers go. */
const stepOf = ({ subject, reply, headers, data }: Msg, asked: Map<string, string>): string | null => {
  const answered = asked.get(subject)
  if (answered !== undefined) return answered
  if (subject.startsWith('hits.')) return '1 the waker has published the hit'
  if (subject === '$JS.API.STREAM.MSG.GET.EVENTS') return '2 cold-start asks for the newest event'
  if (subject.endsWith('.thaw')) return asked.set(reply ?? '', '4 the slot serves'), '3 cold-start asks the agent'
  if (subject === 'edges.awake') return '5 the edges are told: visitors go in'
  if (subject.startsWith('events.instance.') && headers?.get(HEADER.type) === 'InstanceResumed')
    return reply ? (asked.set(reply, '7 the event is on disk'), '6 the event is sent') : null
  return subject.startsWith('$KV.routes.') && Buffer.from(data).includes('"routed"') ? '8 the route is written' : null
}

const seen = new Map<string, number[]>()
const note = (step: string, ms: number): void => void seen.set(step, [...(seen.get(step) ?? []), ms])

const profile = () => onPlayground(2, async (ground) => {
  let began: number | null = null
  const once = new Set<string>()
  const asked = new Map<string, string>()
  ground.connection.subscribe('>', {
    callback: (error, message) => {
      if (error || began === null) return
      const step = stepOf(message, asked)
      if (step === null || once.has(step)) return
      once.add(step)
      note(step, performance.now() - began)
    },
  })
  const deployment = await ground.deploy()
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    await fallAsleep(ground, deployment, 'pause')
    once.clear()
    asked.clear()
    began = round < 0 ? null : performance.now()
    const ms = await visit(ground, deployment)
    if (round >= 0) note('9 the visitor has the answer', ms)
  }
})
if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) {
  process.stdout.write(HELP)
} else {
  await profile()
}
for (const [step, samples] of [...seen].toSorted(([a], [b]) => a.localeCompare(b)))
  process.stdout.write(`${step.padEnd(42)} p50 ${quantile(samples, 0.5).toFixed(2).padStart(6)} ms   p95 ${quantile(samples, 0.95).toFixed(2).padStart(6)} ms   n ${samples.length}\n`)
