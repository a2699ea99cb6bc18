import { z } from 'zod'
import { settingsSchema } from '../../events/deployment/settings.ts'

/** What is read of the API's answer about a deployment. */
export const shownSchema = z.object({
  id: z.string(), name: z.string(), url: z.url(), status: z.string(), wanted: z.enum(['running', 'stopped', 'deleted']),
  settings: settingsSchema,
  claim: z.object({ id: z.string(), since: z.string() }).nullable(), revision: z.int(),
})
export type Shown = Readonly<z.infer<typeof shownSchema>>

/** A command that was answered with success, and that answer. */
export type Acknowledged = { readonly command: string; readonly shown: Shown }
/** A logistics object whose creation was answered with 201. `text`: what only it says. */
export type Kept = { readonly iri: string; readonly text: string }
export type Owned = { readonly id: string; readonly name: string; readonly url: string; wanted: Shown['wanted']; readonly objects: Kept[] }

/** What the playground promised, as its clients heard it; and what they saw that breaks a promise. */
export type Ledger = {
  readonly deployments: Owned[]
  readonly acknowledged: Acknowledged[]
  readonly broken: string[]
  /** What was done and what came of it: `visit 200`, `stop 202`, ... */
  count(what: string): void
  counts(): Readonly<Record<string, number>>
}

export const openLedger = (): Ledger => {
  const counts = new Map<string, number>()
  return {
    deployments: [], acknowledged: [], broken: [],
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    counts: () => Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b))),
  }
}
