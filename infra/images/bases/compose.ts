import { configOf, layerOf, type Layer } from './image.ts'
import { BASES, type BaseName } from './pins.ts'
import { RECIPES } from './recipes.ts'
import { systemLayer } from './system.ts'

/** A base made of this machine's files: its layers are tar files, `json` is the configuration that the id is the hash of. */
export type Composed = { readonly name: BaseName; readonly reference: string; readonly id: string; readonly json: string; readonly layers: readonly Layer[] }

/** Makes bases in a folder; the layer that they share is made once. */
export const composer = (folder: string): ((name: BaseName) => Promise<Composed>) => {
  let system: Promise<Layer> | undefined
  return async (name) => {
    const recipe = RECIPES[name]()
    const own = layerOf(name, recipe.entries, folder)
    const layers = [...(recipe.system ? [await (system ??= layerOf('system', systemLayer(), folder))] : []), await own]
    return { name, reference: BASES[name], ...configOf(recipe, layers), layers }
  }
}
