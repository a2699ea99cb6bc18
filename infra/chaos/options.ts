import { parseArgs } from 'node:util'

export type Options = { readonly seed: number; readonly minutes: number; readonly json: boolean; readonly help: boolean }

export const HELP = `npm run test:chaos [-- --seed N] [--minutes M] [--json]

Starts a playground of its own with two of each part, lets owners and visitors use it, and meanwhile kills servers, parts and
slots, stops some for seconds, and cuts parts off from the broker. Then it lets everything heal and looks whether every promise
was kept: nothing acknowledged is lost, nothing happened twice, all is as its owners want it, and nothing is left running.

--seed N      the same seed is the same plan of blows and the same owners (default: from the clock). What meets what still
              depends on the machine: run a seed that failed a few times
--minutes M   how long it goes on before it may heal, 0.2 to 600 (1)
--json        one JSON object at the end, instead of text
Exit code: 0 every promise kept, 1 one was broken (data and logs are kept), 2 usage.
`

/** @throws Error for options it does not know */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, minutes: { type: 'string', default: '1' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
  const [seed, minutes] = [Number(values.seed ?? Date.now() % 1_000_000), Number(values.minutes)]
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed is a whole number, 0 or more')
  if (!(minutes >= 0.2 && minutes <= 600)) throw new Error('--minutes is a number from 0.2 to 600')
  return { seed, minutes, json: values.json, help: values.help }
}
