import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { CATALOGUE_OF_EVENTS, readEvent, type Catalogue } from '../../events/catalogue.ts'

/**
 * Golden files: of every version of every event ever published an example (`<Type>.v<N>.json`, written by hand) and its schema
 * (`schemas/<Type>.v<N>.schema.json`, JSON Schema). `SHA256SUMS` pins their bytes, so that an edit of what was published shows.
 */
export const GOLDEN_FOLDER = join(import.meta.dirname, '../../events/golden')
const PINS = 'SHA256SUMS'

type Golden = { readonly type: string; readonly version: number; readonly example: string; readonly schemaFile: string; readonly schema: string }

export const goldensOf = (catalogue: Catalogue): readonly Golden[] =>
  Object.entries(catalogue).flatMap(([type, { versions }]) => versions.map((schema, index) => {
    const name = `${type}.v${index + 1}`
    return { type, version: index + 1, example: `${name}.json`, schemaFile: `schemas/${name}.schema.json`, schema: snapshot(schema) }
  }))

/** Writes the schemas and pins of what is new; what is there is never touched. Then says what `problemsOf` says. */
export const publish = (folder = GOLDEN_FOLDER, catalogue = CATALOGUE_OF_EVENTS): readonly string[] => {
  for (const { schemaFile, schema } of goldensOf(catalogue)) if (!existsSync(join(folder, schemaFile))) writeFileSync(join(folder, schemaFile), schema)
  const pins = pinsOf(folder)
  for (const file of filesOf(catalogue)) if (!pins.has(file) && existsSync(join(folder, file))) pins.set(file, hash(folder, file))
  const lines = [...pins].map(([file, sum]) => `${sum}  ${file}\n`).toSorted((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
  writeFileSync(join(folder, PINS), lines.join(''))
  return problemsOf(folder, catalogue)
}

/** What is wrong with the golden files, one sentence each; [] when every version ever published still reads and none was edited. */
export const problemsOf = (folder = GOLDEN_FOLDER, catalogue = CATALOGUE_OF_EVENTS): readonly string[] => {
  const pins = pinsOf(folder)
  const wanted = filesOf(catalogue)
  return [
    ...goldensOf(catalogue).flatMap((golden) => problemsOfOne(folder, golden, catalogue)),
    ...wanted.filter((file) => existsSync(join(folder, file)) && !pins.has(file)).map((file) => `${file} is not pinned: npm run docs`),
    ...[...pins].filter(([file, sum]) => existsSync(join(folder, file)) && hash(folder, file) !== sum).map(([file]) => `${file} was published and then edited`),
    ...[...pins.keys()].filter((file) => !wanted.includes(file)).map((file) => `${file} was published, and is in the catalogue no more`),
  ]
}

const problemsOfOne = (folder: string, { type, version, example, schemaFile, schema }: Golden, catalogue: Catalogue): readonly string[] => {
  if (!existsSync(join(folder, example))) return [`${example} is missing: write an example of ${type} version ${version} as it is really stored`]
  const problems: string[] = []
  try {
    readEvent(type, version, JSON.parse(read(folder, example)), catalogue)
  } catch (error) {
    problems.push(`${example} does not read any more: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!existsSync(join(folder, schemaFile))) problems.push(`${schemaFile} is missing: npm run docs`)
  else if (read(folder, schemaFile) !== schema) problems.push(`The schema of ${type} version ${version} was published and then edited: add a version and an upcaster instead`)
  return problems
}

/** A schema as JSON Schema 2020-12; a format says it without the pattern, which differs with the release of zod. */
const snapshot = (schema: z.ZodType): string => {
  const told = z.toJSONSchema(schema, { override: ({ jsonSchema }) => { if (jsonSchema.format !== undefined) delete jsonSchema.pattern } })
  return `${JSON.stringify(told, null, 2)}\n`
}

const filesOf = (catalogue: Catalogue): readonly string[] => goldensOf(catalogue).flatMap(({ example, schemaFile }) => [example, schemaFile])

const pinsOf = (folder: string): Map<string, string> =>
  new Map(existsSync(join(folder, PINS)) ? read(folder, PINS).split('\n').filter(Boolean).map((line) => [line.slice(66), line.slice(0, 64)]) : [])

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8')
const hash = (folder: string, file: string): string => createHash('sha256').update(readFileSync(join(folder, file))).digest('hex')
