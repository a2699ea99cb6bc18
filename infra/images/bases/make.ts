import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from '../docker.ts'
import { configOf, layerOf, MADE_HERE, writeArchive, type Layer } from './image.ts'
import { BASES, type BaseName } from './pins.ts'
import { RECIPES } from './recipes.ts'
import { systemLayer } from './system.ts'

export type Outcome = { readonly name: BaseName; readonly reference: string; readonly how: 'there' | 'pulled' | 'made' | 'unchanged' }
export type MakeOptions = {
  readonly names: readonly BaseName[]
  /** Whether to ask registries before anything is made. */
  readonly pull: boolean
  readonly signal?: AbortSignal
  readonly say: (text: string) => void
}

/** Sees to it that the Engine of DOCKER_HOST has the bases: those that are there stay, others are pulled, or else made of this machine's files. */
export const makeBases = async ({ names, pull, signal, say }: MakeOptions): Promise<readonly Outcome[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-bases-'))
  const options = signal ? { signal } : {}
  let system: Promise<Layer> | undefined
  const make = async (name: BaseName): Promise<Outcome> => {
    const reference = BASES[name]
    const before = await found(reference, options)
    if (before && !before.madeHere) return { name, reference, how: 'there' }
    if (!before && pull && (await docker(['pull', '--quiet', reference], options).then(() => true, () => false))) return { name, reference, how: 'pulled' }
    const recipe = RECIPES[name]()
    const layers = [...(recipe.system ? [await (system ??= layerOf('system', systemLayer(), folder))] : []), await layerOf(name, recipe.entries, folder)]
    if (before?.id === configOf(recipe, layers).id) return { name, reference, how: 'unchanged' }
    const archive = join(folder, `${name}.archive.tar`)
    await writeArchive(reference, recipe, layers, archive)
    await docker(['load', '--quiet', '--input', archive], options)
    rmSync(archive)
    return { name, reference, how: 'made' }
  }
  try {
    return await Promise.all(names.map(async (name) => {
      const outcome = await make(name)
      say(`${outcome.reference}: ${TOLD[outcome.how]}`)
      return outcome
    }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const TOLD: Readonly<Record<Outcome['how'], string>> = { there: 'is there', pulled: 'pulled', made: 'made of this machine', unchanged: 'made of this machine before, unchanged' }

const found = (reference: string, options: { readonly signal?: AbortSignal }): Promise<{ readonly id: string; readonly madeHere: boolean } | null> =>
  docker(['image', 'inspect', '--format', `{{.Id}} {{index .Config.Labels "${MADE_HERE}"}}`, reference], options).then((told) => {
    const [id = '', label] = told.trim().split(' ')
    return { id, madeHere: label === 'true' }
  }, () => null)
