import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Quad } from 'n3'
import { compileRelease, readTurtle } from './compile.ts'
import { mergeTokens, type Table } from './table.ts'

/** The committed ontologies (IATA, MIT; sources/LICENSE): one folder a release, Turtle files, gzipped or not. */
export const SOURCES = new URL('sources', import.meta.url).pathname

/** What one folder of Turtle files says. @throws Error for a folder without any, and what is not Turtle */
const readSources = (folder: string): { readonly quads: readonly Quad[]; readonly hashes: Readonly<Record<string, string>> } => {
  const files = readdirSync(folder).filter((file) => /\.ttl(\.gz)?$/.test(file)).toSorted()
  if (files.length === 0) throw new Error(`${folder} holds no Turtle file`)
  const texts = files.map((file) => {
    const bytes = readFileSync(join(folder, file))
    return { file: file.replace(/\.gz$/, ''), text: (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString() }
  })
  return {
    quads: texts.flatMap(({ file, text }) => readTurtle(text, file)),
    hashes: Object.fromEntries(texts.map(({ file, text }) => [file, createHash('sha256').update(text).digest('hex')])),
  }
}

/** The table of the releases in the folders of `root`, the oldest first. */
export const compileSources = (root: string): Table => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted()
  const releases = folders.map((name) => {
    const { quads, hashes } = readSources(join(root, name))
    return { name, hashes, said: compileRelease(quads) }
  })
  const merged = (part: 'classes' | 'properties' | 'restrictions' | 'lists') => mergeTokens(new Map(releases.map(({ name, said }) => [name, said[part]])))
  return {
    releases: Object.fromEntries(releases.map(({ name, hashes, said }) => [name, { versions: said.versions, sources: hashes }])),
    classes: merged('classes'), properties: merged('properties'), restrictions: merged('restrictions'), lists: merged('lists'),
  }
}
