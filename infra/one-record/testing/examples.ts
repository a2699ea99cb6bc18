import { readFileSync } from 'node:fs'

/** An example body of the standard (IATA, MIT; see examples/LICENSE), with the host and ids of `replace` put in. */
export const example = (name: string, replace: Readonly<Record<string, string>> = {}): unknown => {
  const text = readFileSync(new URL(`examples/${name}.json`, import.meta.url), 'utf8')
  return JSON.parse(Object.entries(replace).reduce((now, [from, to]) => now.replaceAll(from, to), text))
}
