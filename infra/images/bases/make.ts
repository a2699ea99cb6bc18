import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composer, type Composed } from './compose.ts'
import { MADE_HERE, writeArchive } from './image.ts'
import { BASES, type BaseName } from './pins.ts'

export type Outcome = { readonly name: BaseName; readonly reference: string; readonly how: 'there' | 'pulled' | 'made' | 'unchanged' }
export type MakeOptions = {
  readonly names: readonly BaseName[]
  /** Whether to ask registries before anything is made. */
  readonly pull: boolean
  /** Runs the docker command. */
  readonly engine: (...args: readonly string[]) => Promise<string>
  readonly say: (text: string) => void
  /** Takes what was made to the Engine; `docker load` when left out. */
  readonly deliver?: (made: Composed) => Promise<void>
}

/** Sees to it that an Engine has the bases: those that are there stay, others are pulled, or else made of this machine's files. */
export const makeBases = async ({ names, pull, engine, say, deliver }: MakeOptions): Promise<readonly Outcome[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-bases-'))
  const compose = composer(folder)
  const load = async (made: Composed): Promise<void> => {
    const archive = join(folder, `${made.name}.archive.tar`)
    await writeArchive(made, archive)
    await engine('load', '--quiet', '--input', archive)
    rmSync(archive)
  }
  const make = async (name: BaseName): Promise<Outcome['how']> => {
    const reference = BASES[name]
    const before = await found(reference, engine)
    if (before && !before.madeHere) return 'there'
    if (!before && pull && (await engine('pull', '--quiet', reference).then(() => true, () => false))) return 'pulled'
    const made = await compose(name)
    if (before?.id === made.id) return 'unchanged'
    await (deliver ?? load)(made)
    return 'made'
  }
  try {
    return await Promise.all(names.map(async (name) => {
      const how = await make(name)
      say(`${BASES[name]}: ${TOLD[how]}`)
      return { name, reference: BASES[name], how }
    }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const TOLD: Readonly<Record<Outcome['how'], string>> = { there: 'is there', pulled: 'pulled', made: 'made of this machine', unchanged: 'made of this machine before, unchanged' }

const found = (reference: string, engine: MakeOptions['engine']): Promise<{ readonly id: string; readonly madeHere: boolean } | null> =>
  engine('image', 'inspect', '--format', `{{.Id}} {{index .Config.Labels "${MADE_HERE}"}}`, reference).then((told) => {
    const [id = '', label] = told.trim().split(' ')
    return { id, madeHere: label === 'true' }
  }, () => null)
