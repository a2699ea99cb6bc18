import { parseArgs } from 'node:util'
import { fuzzEndpoints } from '../fuzz/endpoints.ts'
import { fuzzDifferential, fuzzReader } from '../fuzz/readers.ts'
import { textOf } from '../fuzz/report.ts'
import { restReading } from '../json-ld/read.ts'
import { OPERATIONS } from '../openapi/operations.ts'
import { serve, startStore } from './serve.ts'

const HELP = `node infra/one-record/testing/fuzz.ts [--cases N] [--seed S]

Generated input for the ONE Record server: six in ten cases for the reader of JSON-LD, one in ten compared with jsonld as a dataset,
three in ten requests to every endpoint of a server that runs on an object store of its own. Prints what came of how many.

--cases N   how many, 100 to 10,000,000 (100,000)
--seed S    the same seed is the same input (default: from the clock)
Exit code: 0 all is well, 1 something was found, 2 usage.
`

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) return process.stdout.write(HELP), 0
  const [cases, seed] = [Number(values.cases), Number(values.seed ?? Date.now() % 1_000_000)]
  if (!Number.isInteger(cases) || cases < 100 || cases > 10_000_000 || !Number.isInteger(seed) || seed < 0) return process.stderr.write(HELP), 2

  process.stdout.write(`seed ${seed}\n`)
  const reader = await fuzzReader(Math.ceil(cases * 0.6), seed)
  const differential = await fuzzDifferential(Math.ceil(cases * 0.1), seed)
  await restReading()
  const minio = await startStore()
  const served = await serve(minio, { settings: { strictness: 'lenient', limits: { storedBytes: 2 ** 40, objects: 1_000_000, bodyBytes: 1024 * 1024, documentBytes: 1024 * 1024, requestsPerMinute: 1_000_000_000 } } })
  const endpoints = await fuzzEndpoints(served, OPERATIONS, Math.ceil(cases * 0.3), seed).finally(async () => {
    await served.stop()
    await minio.stop()
  })
  const parts = [reader, differential, endpoints]
  process.stdout.write(`${textOf(parts)}\n`)
  return parts.some(({ findings }) => findings.length > 0) ? 1 : 0
}

process.exitCode = await main()
