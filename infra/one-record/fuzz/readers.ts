import fc from 'fast-check'
import { ApiError } from '../http/api-error.ts'
import { objectBody, objectGraph } from '../objects/body.ts'
import { splitObjects } from '../objects/split.ts'
import { NotReadError } from '../json-ld/not-read.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { bodies } from '../testing/bodies.ts'
import { compareWithJsonLd } from './differential.ts'
import { anyJson, linkedData } from './documents.ts'
import { newPart, type Part } from './report.ts'
import { samples } from './samples.ts'

/** A case may take so long, milliseconds, on a machine that does other things too: a hundred times what the slowest takes. */
const SLOW_MS = 2_000
const SAID_EVERY = 500

const LENIENT = { strictness: 'lenient' } as const

/** Text that is often JSON. */
const text = fc.oneof(
  { arbitrary: anyJson.map((json) => JSON.stringify(json)), weight: 4 }, { arbitrary: linkedData.map((json) => JSON.stringify(json)), weight: 4 },
  { arbitrary: anyJson.map((extra) => JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:grossWeight': extra })), weight: 3 },
  { arbitrary: fc.tuple(bodies.map((json) => JSON.stringify(json)), fc.nat(), fc.string({ maxLength: 3 })).map(([json, at, noise]) => json.slice(0, at % json.length) + noise + json.slice((at % json.length) + 1)), weight: 2 },
  { arbitrary: fc.string(), weight: 1 },
)

/** Our reader, with splitting and storing behind it: whatever comes, it is taken and can be read again, or refused with 4xx. */
export const fuzzReader = async (cases: number, seed: number, say: (done: number) => void = () => {}): Promise<Part> => {
  const part = newPart('reader')
  for (const sample of samples(text, cases, seed)) {
    if (part.cases() % SAID_EVERY === 0) say(part.cases())
    const began = performance.now()
    try {
      for (const { graph, iri } of splitObjects(readJsonLd(parseJson(sample)), 'http://h.test', LENIENT)) {
        if (objectGraph(objectBody(graph, iri, 1), iri).size !== graph.size) part.find(`reads back differently: ${sample}`)
      }
      part.count('taken')
    } catch (error) {
      part.count(error instanceof NotReadError ? 'left to the complete processor' : 'refused')
      if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500) part.find(`${String(error)}: ${sample}`)
    }
    if (performance.now() - began > SLOW_MS) part.find(`takes ${Math.round(performance.now() - began)} ms: ${sample}`)
  }
  return part.done()
}

/** Our reader, the complete processor and our writers against jsonld alone, as datasets. */
export const fuzzDifferential = async (cases: number, seed: number, say: (done: number) => void = () => {}): Promise<Part> => {
  const part = newPart('differential')
  for (const sample of samples(fc.oneof(bodies, linkedData, anyJson), cases, seed)) {
    if (part.cases() % SAID_EVERY === 0) say(part.cases())
    const verdict = await compareWithJsonLd(sample)
    part.count(verdict.kind)
    if (verdict.kind === 'other') part.find(`${verdict.what} differs: ${JSON.stringify(sample)}\nours:\n${verdict.ours}theirs:\n${verdict.theirs}`)
  }
  return part.done()
}
