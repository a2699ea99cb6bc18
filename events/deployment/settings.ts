import { z } from 'zod'

/** What its owner could set first; also what the events of a claim say of them, for a stored event keeps its shape. */
export const sleepSettingsSchema = z.strictObject({
  /** Seconds without a request until the instance is paused (frozen in memory). */
  pauseAfterSeconds: z.int().min(1).max(86_400),
  /** Seconds in pause until the instance is hibernated (its slot given up; everything is in the object store). */
  hibernateAfterSeconds: z.int().min(1).max(30 * 86_400),
  /** Largest request body the ONE Record server takes, in bytes. */
  maxBodyBytes: z.int().min(1_024).max(64 * 1024 * 1024),
})
export type SleepSettings = Readonly<z.infer<typeof sleepSettingsSchema>>

/** A URL that tokens and keys may come from; whether it may be called is judged where it is (see infra/outbound). */
const issuerUrl = z.string().max(300).refine(isPlainUrl, 'must be an http or https URL without user, query and fragment')

/** An issuer of tokens besides the deployment and its siblings. */
export const trustedIssuerSchema = z.strictObject({
  issuer: issuerUrl,
  /** Where its keys are; null: where its discovery document says. */
  jwksUri: issuerUrl.nullable().default(null),
  /** The logistics agents that its tokens may speak for; null: any but this deployment and its siblings. */
  agents: z.array(z.string().min(1).max(300)).min(1).max(20).nullable().default(null),
})

/** What an owner may set; whoever leaves these out gets the defaults below. Limits are bounded by the plan (`PLAN_LIMITS`). */
export const settingsSchema = z.strictObject({
  ...sleepSettingsSchema.shape,
  /** Everybody may do everything, without a token: for throw-away experiments. */
  open: z.boolean(),
  /** What somebody may not see is said not to exist (404), instead of forbidden (403). */
  hideForbidden: z.boolean(),
  /** `strict` refuses properties and values that the ontologies do not know in their own namespaces; `lenient` keeps them. */
  strictness: z.enum(['strict', 'lenient']),
  trust: z.array(trustedIssuerSchema).max(10).refine((trust) => new Set(trust.map(({ issuer }) => issuer)).size === trust.length, 'names an issuer twice'),
  /** Bytes of the whole record, documents and history included. */
  maxStoredBytes: z.int().min(1_048_576).max(2 ** 50),
  maxObjects: z.int().min(1).max(1_000_000_000),
  /** Largest document, in bytes. */
  maxDocumentBytes: z.int().min(1_024).max(2 ** 40),
  /** Requests that one agent may send in a minute. */
  requestsPerMinute: z.int().min(1).max(1_000_000),
})
export type Settings = Readonly<z.infer<typeof settingsSchema>>

export const DEFAULT_SETTINGS: Settings = {
  pauseAfterSeconds: 60, hibernateAfterSeconds: 900, maxBodyBytes: 1024 * 1024,
  open: false, hideForbidden: true, strictness: 'strict', trust: [],
  maxStoredBytes: 1024 ** 3, maxObjects: 100_000, maxDocumentBytes: 64 * 1024 * 1024, requestsPerMinute: 6_000,
}

/** Deployments of the time before access control answered everybody; they go on so until their owner closes them. */
export const sinceAccessControl = (older: SleepSettings): Settings => ({ ...DEFAULT_SETTINGS, ...older, open: true })

/** These are looked at whenever they matter; any other is given to a slot with its claim. */
const LOOKED_AT = ['pauseAfterSeconds', 'hibernateAfterSeconds'] as const satisfies readonly (keyof Settings)[]

/** Names of the settings that differ. */
export const changedSettings = (before: Settings, after: Settings): readonly (keyof Settings)[] =>
  (Object.keys(after) as (keyof Settings)[]).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))

/** Whether a slot that serves by the ones before has to be claimed anew. */
export const needsClaim = (changed: readonly (keyof Settings)[]): boolean => changed.some((key) => !(LOOKED_AT as readonly string[]).includes(key))

export const sleepSettings = ({ pauseAfterSeconds, hibernateAfterSeconds, maxBodyBytes }: Settings): SleepSettings => ({ pauseAfterSeconds, hibernateAfterSeconds, maxBodyBytes })

/** Plans set the limits of a slot before it is claimed; pools of warm slots are per plan. */
export const planSchema = z.enum(['small'])
export type Plan = z.infer<typeof planSchema>

type Limit = 'maxStoredBytes' | 'maxObjects' | 'maxDocumentBytes'
/** How far an owner may raise these. */
export const PLAN_LIMITS: Readonly<Record<Plan, Readonly<Record<Limit, number>>>> = {
  small: { maxStoredBytes: 10 * 1024 ** 3, maxObjects: 1_000_000, maxDocumentBytes: 1024 ** 3 },
}

/** The first setting that the plan does not allow, with the most it allows; null when there is none. */
export const beyondPlan = (settings: Settings, plan: Plan): { readonly field: Limit; readonly most: number } | null => {
  const [beyond] = (Object.entries(PLAN_LIMITS[plan]) as [Limit, number][]).filter(([field, most]) => settings[field] > most)
  return beyond ? { field: beyond[0], most: beyond[1] } : null
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return (protocol === 'https:' || protocol === 'http:') && username + password + search + hash === ''
}
