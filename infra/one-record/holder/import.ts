import type { IncomingMessage } from 'node:http'
import type { Agent } from '../access/port.ts'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { ApiError, TITLES } from '../http/api-error.ts'
import { decoded } from '../http/coding.ts'
import type { Call } from '../http/router.ts'
import { validate } from '../objects/check.ts'
import { importUnit, type Outcome } from './import-unit.ts'
import { jsonUnits, quadUnits, type Raw, type Unit } from './import-units.ts'
import { linesOf } from './lines.ts'
import { plainJson } from './plain-json.ts'

/** Of one commit: so many documents, or so many characters of them. */
const MOST = { units: 100, characters: 512 * 1024 }
/** Refused documents that the report names; the others it counts. */
const MOST_NAMED = 100

type Refused = { readonly line: number; readonly logisticsObject: string | null; readonly status: number; readonly message: string }
type Report = { readonly counts: Record<Outcome | 'refused', number>; readonly refused: Refused[] }

/**
 * POST /holder/import: takes what GET /holder/export gave, as NDJSON of JSON-LD or as N-Quads, plain or gzip, of any length. Objects
 * and events keep their ids and get this server's addresses, links among them too. Each document stands for itself: what is here
 * already and the same is kept, what is refused is reported and the rest goes on. An import that was cut is sent again: twice changes
 * nothing. 200 with a report.
 */
export const importRecord = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  server.access.holderOnly(agent)
  const report: Report = { counts: { created: 0, revised: 0, event: 0, kept: 0, left: 0, refused: 0 }, refused: [] }
  for await (const group of inGroups(unitsOf(request, server.maxBodyBytes))) await importGroup(server, agent, group, report)
  const { event, ...counts } = report.counts
  return plainJson({ ...counts, events: event, problems: report.refused })
}

const unitsOf = (request: IncomingMessage, most: number): AsyncGenerator<Raw> => {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';').map((part) => part.trim())
  const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const unsupported = (message: string) => new ApiError(415, TITLES.mediaType, message)
  if (coding !== 'identity' && coding !== 'gzip') throw unsupported(`Content-Encoding ${coding} is not read here; gzip is.`)
  const source = coding === 'identity' ? request.iterator({ destroyOnReturn: false }) : decoded(request)
  const lines = linesOf(source as AsyncIterable<Buffer>, most)
  if (type === 'application/x-ndjson' || type === 'application/ld+json') return jsonUnits(lines)
  if (type === 'application/n-quads') return quadUnits(lines, most)
  throw unsupported(`Content-Type ${type || 'is missing'}; send application/x-ndjson, a document of JSON-LD in each line, or application/n-quads.`)
}

async function* inGroups(units: AsyncIterable<Raw>): AsyncGenerator<readonly Raw[]> {
  let group: Raw[] = []
  let characters = 0
  for await (const unit of units) {
    group.push(unit)
    characters += unit.characters
    if (group.length < MOST.units && characters < MOST.characters) continue
    yield group
    group = []
    characters = 0
  }
  if (group.length > 0) yield group
}

/** One commit. What only one document is to blame for refuses that one; what concerns all (no room, another instance) ends the import. */
const importGroup = async (server: Server, agent: Agent, group: readonly Raw[], report: Report): Promise<void> => {
  const read = group.map((raw) => attempt(() => readUnit(server, raw)))
  const outcomes = await server.record.write(async (tx) => {
    const all: (Outcome | ApiError)[] = []
    for (const unit of read) all.push(unit instanceof ApiError ? unit : await importUnit({ tx, server, agent }, unit).catch(onlyOne))
    return all
  })
  outcomes.forEach((outcome, index) => {
    report.counts[outcome instanceof ApiError ? 'refused' : outcome] += 1
    if (!(outcome instanceof ApiError) || report.refused.length >= MOST_NAMED) return
    const unit = read[index]
    report.refused.push({ line: group[index]?.line ?? 0, logisticsObject: unit instanceof ApiError ? outcome.about.resource ?? null : unit?.iri ?? null, status: outcome.status, message: outcome.message })
  })
}

const readUnit = ({ base, strictness }: Server, raw: Raw): Unit => {
  const unit = raw.read(base)
  validate(unit.graph, { strictness })
  return unit
}

const attempt = <T>(read: () => T): T | ApiError => {
  try {
    return read()
  } catch (error) {
    return onlyOne(error)
  }
}

const onlyOne = (error: unknown): ApiError => {
  if (error instanceof ApiError && [400, 404, 409].includes(error.status)) return error
  throw error
}
