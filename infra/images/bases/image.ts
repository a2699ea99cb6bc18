import { createHash } from 'node:crypto'
import { arch } from 'node:os'
import { join } from 'node:path'
import type { Composed } from './compose.ts'
import { file, text, writeLayer, type Entry } from './layer.ts'
import type { Recipe } from './recipe.ts'

/** Label of what was made here: who finds it knows that another image is to be expected elsewhere. */
export const MADE_HERE = 'one-record-playground.made-of-this-machine'

/** A layer in a file. */
export type Layer = { readonly diffId: string; readonly path: string; readonly what: string }

export const layerOf = async (what: string, entries: readonly Entry[], folder: string): Promise<Layer> => {
  const path = join(folder, `${what}.tar`)
  return { diffId: await writeLayer(entries, path), path, what }
}

/**
 * The configuration of an image (OCI image specification, "Image Configuration"), which is what its id is the hash of. It tells no
 * time: of the same files the same image is made.
 */
export const configOf = ({ config }: Recipe, layers: readonly Layer[]): { readonly id: string; readonly json: string } => {
  const { ExposedPorts = [], Volumes = [], ...plain } = config
  const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]))
  const json = JSON.stringify({
    architecture: { x64: 'amd64' }[arch() as string] ?? arch(), os: 'linux', created: EPOCH,
    config: { ...plain, ...(ExposedPorts.length > 0 ? { ExposedPorts: keys(ExposedPorts) } : {}), ...(Volumes.length > 0 ? { Volumes: keys(Volumes) } : {}), Labels: { [MADE_HERE]: 'true' } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ what }) => ({ created: EPOCH, created_by: `infra/images/bases: ${what}` })),
  })
  return { id: `sha256:${createHash('sha256').update(json).digest('hex')}`, json }
}
const EPOCH = '1970-01-01T00:00:00Z'

/** Writes the archive that `docker load` reads. */
export const writeArchive = async ({ reference, id, json, layers }: Composed, into: string): Promise<void> => {
  const name = `${id.slice('sha256:'.length)}.json`
  const manifest = [{ Config: name, RepoTags: [reference], Layers: layers.map(({ what }) => `${what}.tar`) }]
  await writeLayer([text('manifest.json', JSON.stringify(manifest)), text(name, json), ...layers.map(({ what, path }) => file(`${what}.tar`, path))], into)
}
