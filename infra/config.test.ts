import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { expect, it } from 'vitest'
import { configurationSchema, readConfig } from './config.ts'

const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
/** `# NAME=value` with the `#`: everything in it is a default. */
const documented = parseEnv(example.replaceAll(/^#([A-Z_]+=)/gm, '$1'))

it('.env.example documents every variable, and only those, with its default', () => {
  expect(Object.keys(documented).toSorted()).toEqual(Object.keys(configurationSchema.shape).toSorted())
  expect(readConfig(documented)).toEqual(readConfig({}))
})

it('.env.example says of every variable what the schema says', () => {
  for (const [name, field] of Object.entries(configurationSchema.shape)) {
    expect(example).toContain(`# ${field.description}\n#${name}=`)
  }
})

it('names each wrong value', () => {
  expect(() => readConfig({ HTTP_PORT: '99999', LOG_LEVEL: 'loud' })).toThrow(/LOG_LEVEL: .*; HTTP_PORT: /)
})

it('takes an empty value for none', () => expect(readConfig({ HTTP_PORT: '' }).HTTP_PORT).toBe(8080))
