import { execFile } from 'node:child_process'
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { functionFiles, functionNames } from '../bundles/functions.ts'
import { TEMPLATE } from '../bundles/template.ts'
import { writeInto } from '../bundles/write.ts'
import { BASES } from './bases/pins.ts'
import type { Image } from './image.ts'

/**
 * Our functions, as faas-cli makes them of the template, but for where: what its first stage does is done here, so that no build needs a
 * network or packages, and what is copied is the same.
 */
export const FUNCTIONS: readonly Image[] = functionNames().map((name) => ({
  name, title: `Function ${name}`, base: 'node', settings: { NODE_IMAGE: BASES.node },
  fill: async (context) => {
    const work = join(context, 'work')
    cpSync(TEMPLATE, work, { recursive: true })
    const own = [...(await (bundles ??= functionFiles(functionNames())))].flatMap(([path, text]) => (path.startsWith(`${name}/`) ? [[path.slice(name.length + 1), text] as const] : []))
    writeInto(join(work, 'function'), new Map(own))
    await promisify(execFile)(process.execPath, ['bundle.mjs'], { cwd: work })
    renameSync(join(work, 'out'), join(context, 'out'))
    rmSync(work, { recursive: true })
    writeFileSync(join(context, 'Dockerfile'), lastStage(readFileSync(join(TEMPLATE, 'Dockerfile'), 'utf8')))
  },
}))
let bundles: ReturnType<typeof functionFiles> | undefined

/** The last stage of the template's Dockerfile, which copies from its context what it had from the stage before. */
export const lastStage = (dockerfile: string): string => {
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ') + 1)
  const copied = stage.replace(/^COPY --from=\S+ \/home\/app\/out /m, 'COPY out/ ')
  if (copied === stage || !stage.startsWith('FROM ${NODE_IMAGE}')) throw new Error('the last stage of template/node24-ts/Dockerfile is not as it was')
  return `ARG NODE_IMAGE\n${copied}`
}
