import { parseArgs } from 'node:util'
import type { MinioServer } from '../../testing/servers.ts'
import { fuzzAgents } from '../fuzz/agents.ts'
import { fuzzEndpoints } from '../fuzz/endpoints.ts'
import { fuzzDifferential, fuzzReader } from '../fuzz/readers.ts'
import { textOf, type Part } from '../fuzz/report.ts'
import { fuzzSequences } from '../fuzz/sequences/sequences.ts'
import { restReading } from '../json-ld/read.ts'
import { OPERATIONS } from '../openapi/operations.ts'
import { serve, startStore } from './serve.ts'

const HELP = `npm run test:fuzz:one-record [-- --cases N] [--seed S] [--part NAME]

Generated input for the ONE Record server, in parts:
  reader        half of the cases: documents for the reader of JSON-LD
  differential  one in ten: compared with jsonld as a dataset
  endpoints     one in five: odd requests to every endpoint of an open server
  agents        one in ten: every endpoint of a closed server, asked by its holder, partners, strangers, with and without good tokens
  sequences     one in ten: what several agents do one after the other, while the server is killed at times, against a plain model
Prints how far it is, and at the end what came of how many in each part.

--cases N    how many, 100 to 10,000,000 (100,000)
--seed S     the same seed is the same input (default: from the clock)
--part NAME  this part alone, with all cases
Exit code: 0 all is well, 1 something was found, 2 usage.
`

type Run = (minio: MinioServer, cases: number, seed: number, say: (done: number) => void) => Promise<Part>

const ROOM = { storedBytes: 2 ** 40, objects: 1_000_000, bodyBytes: 1024 * 1024, documentBytes: 1024 * 1024, requestsPerMinute: 1_000_000_000 }

const endpoints: Run = async (minio, ...rest) => {
  const served = await serve(minio, { settings: { strictness: 'lenient', limits: ROOM } })
  return fuzzEndpoints(served, OPERATIONS, ...rest).finally(served.stop)
}

const PARTS: Readonly<Record<string, { readonly share: number; readonly run: Run }>> = {
  reader: { share: 0.5, run: (_, ...rest) => fuzzReader(...rest) },
  differential: { share: 0.1, run: (_, ...rest) => fuzzDifferential(...rest).finally(restReading) },
  endpoints: { share: 0.2, run: endpoints },
  agents: { share: 0.1, run: fuzzAgents },
  sequences: { share: 0.1, run: fuzzSequences },
}

/** Says how far a part is, not more often than every few seconds. */
const progress = (name: string, cases: number) => {
  let last = performance.now()
  return (done: number): void => {
    if (performance.now() - last < EVERY_MS) return
    last = performance.now()
    process.stderr.write(`${name}: ${done} of ${cases}\n`)
  }
}
const EVERY_MS = 5_000

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string' }, part: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) return process.stdout.write(HELP), 0
  const [cases, seed] = [Number(values.cases), Number(values.seed ?? Date.now() % 1_000_000)]
  const isKnown = values.part === undefined || Object.hasOwn(PARTS, values.part)
  if (!isKnown || !Number.isInteger(cases) || cases < 100 || cases > 10_000_000 || !Number.isInteger(seed) || seed < 0) return process.stderr.write(HELP), 2

  process.stdout.write(`seed ${seed}\n`)
  const began = performance.now()
  const minio = await startStore()
  const parts: Part[] = []
  try {
    for (const [name, { share, run }] of Object.entries(PARTS)) {
      if (values.part !== undefined && name !== values.part) continue
      const own = Math.ceil(cases * (values.part === undefined ? share : 1))
      const part = await run(minio, own, seed, progress(name, own))
      process.stdout.write(`${textOf([part])}\n`)
      parts.push(part)
    }
  } finally {
    await minio.stop()
  }
  const found = parts.reduce((sum, { counts }) => sum + (counts['found'] ?? 0), 0)
  const seconds = Math.round((performance.now() - began) / 1_000)
  process.stdout.write(`seed ${seed}: ${parts.map(({ name, cases: done }) => `${name} ${done}`).join(', ')} cases in ${seconds} s; found: ${found}\n`)
  return found > 0 ? 1 : 0
}

process.exitCode = await main()
