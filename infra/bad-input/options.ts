import { parseArgs } from 'node:util'

export type Options = { readonly seed: number; readonly requests: number; readonly json: boolean; readonly help: boolean }

export const HELP = `npm run test:fuzz [-- --seed N] [--requests N] [--json]

Starts a playground of its own and sends it requests made from docs/openapi.json: right ones, nearly right ones and wild ones, through
the edge; some of them are bytes that are no HTTP, and a part goes to a ONE Record server. Each answer is held against the document,
and at the end nothing may be there that a refused request asked for.

--seed N       the same seed is the same requests (default: from the clock); names and ids in them are those of the run
--requests N   how many, 100 to 10,000,000 (20,000)
--json         one JSON object at the end, instead of text
Exit code: 0 all is well, 1 something was found, 2 usage.
`

/** @throws Error for options it does not know */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, requests: { type: 'string', default: '20000' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
  const [seed, requests] = [Number(values.seed ?? Date.now() % 1_000_000), Number(values.requests)]
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) throw new Error('--seed is a whole number from 0 to 2147483647')
  if (!Number.isInteger(requests) || requests < 100 || requests > 10_000_000) throw new Error('--requests is a whole number from 100 to 10000000')
  return { seed, requests, json: values.json, help: values.help }
}
