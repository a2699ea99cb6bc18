import { request as send } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Usage } from '../host.ts'

/** Where a function tells its own metrics, as the template has it: an engine knows its own containers only. */
const PATH = '/_/metrics'
const ANSWER_MS = 1_000
/** Two looks so far apart tell how much CPU there was between, milliseconds; one that is older than that is of another time. */
const SHORTEST_MS = 250
const LONGEST_MS = 60_000

type Place = { readonly taskId: string; readonly host: string; readonly port: number }
type Sample = { readonly cpuSeconds: number; readonly memoryBytes: number; readonly at: number }

/** What functions use, by what each replica tells of its process. */
export const usageOf = () => {
  const before = new Map<string, Sample>()
  const ofReplica = async (place: Place): Promise<Usage | undefined> => {
    const now = await look(place)
    if (!now) return undefined
    const known = before.get(place.taskId)
    const isRecent = known !== undefined && now.at - known.at >= SHORTEST_MS && now.at - known.at <= LONGEST_MS
    const first = isRecent ? known : now
    if (!isRecent) await sleep(SHORTEST_MS)
    const last = isRecent ? now : await look(place)
    if (!last) return undefined
    before.set(place.taskId, last)
    return { cpu: Math.max(0, Math.round((last.cpuSeconds - first.cpuSeconds) / ((last.at - first.at) / 1_000) * 1_000)), totalMemoryBytes: last.memoryBytes }
  }
  /** Of all these together; undefined when none of them tells. */
  return async (places: readonly Place[]): Promise<Usage | undefined> => {
    for (const [taskId, { at }] of before) if (performance.now() - at > LONGEST_MS) before.delete(taskId)
    const told = (await Promise.all(places.map(ofReplica))).filter((one) => one !== undefined)
    if (told.length === 0) return undefined
    return { cpu: told.reduce((sum, { cpu }) => sum + cpu, 0), totalMemoryBytes: told.reduce((sum, { totalMemoryBytes }) => sum + totalMemoryBytes, 0) }
  }
}

/** undefined: it does not answer, or does not know the question. */
const look = ({ host, port }: Place): Promise<Sample | undefined> =>
  new Promise((resolve) => {
    const request = send({ host, port, path: PATH, agent: false, signal: AbortSignal.timeout(ANSWER_MS) }, (response) => {
      text(response).then((told) => resolve(response.statusCode === 200 ? sampleIn(told) : undefined), () => resolve(undefined))
    })
    request.on('error', () => resolve(undefined)).end()
  })

const sampleIn = (told: string): Sample | undefined => {
  const [cpuSeconds, memoryBytes] = [valueOf(told, 'process_cpu_seconds_total'), valueOf(told, 'process_resident_memory_bytes')]
  return cpuSeconds === undefined || memoryBytes === undefined ? undefined : { cpuSeconds, memoryBytes, at: performance.now() }
}

/** Of a series in Prometheus' text format, with or without labels. */
const valueOf = (told: string, name: string): number | undefined => {
  const value = Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(told)?.[1])
  return Number.isFinite(value) ? value : undefined
}
