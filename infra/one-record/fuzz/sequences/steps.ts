import fc from 'fast-check'
import { PERMISSIONS, type Permission } from '../../access/port.ts'
import { STATUSES, type Status } from '../../requests/states.ts'
import { validObjects } from '../../testing/objects.ts'
import { AGENTS, type AgentName, type Who } from './model.ts'

/** What is wrong with a body on purpose. */
export const SPOILS = ['cut', 'a list', 'no type', 'another media type', 'a context elsewhere'] as const
export type Spoil = (typeof SPOILS)[number] | null

/** Numbers choose among what is there, whatever that is by then: so a sequence can lose any step and still be one. */
type By = { readonly who: Who; readonly lie: number }
type Sent = By & { readonly spoil: Spoil }
export type Step =
  | (Sent & { readonly step: 'create'; readonly body: Readonly<Record<string, unknown>> })
  | (By & { readonly step: 'read'; readonly object: number; readonly what: (typeof VIEWS)[number] })
  | (Sent & { readonly step: 'change'; readonly object: number; readonly revision: 'current' | 'stale' | 'to come'; readonly isPossible: boolean })
  | { readonly step: 'compete'; readonly object: number; readonly other: AgentName }
  | (By & { readonly step: 'decide'; readonly request: number; readonly to: Status })
  | (By & { readonly step: 'revoke'; readonly request: number })
  | (Sent & { readonly step: 'verify'; readonly object: number; readonly revision: 'current' | 'to come' })
  | (Sent & { readonly step: 'event'; readonly object: number })
  | (Sent & { readonly step: 'events'; readonly objects: readonly number[] })
  | (Sent & { readonly step: 'subscribe'; readonly object: number })
  | (Sent & { readonly step: 'delegate'; readonly object: number; readonly to: AgentName; readonly permissions: readonly Permission[] })
  | (Sent & { readonly step: 'grant'; readonly object: number; readonly to: AgentName; readonly permissions: readonly Permission[]; readonly isBrief: boolean })
  | (By & { readonly step: 'end a grant'; readonly grant: number })
  | (By & { readonly step: 'document'; readonly object: number; readonly method: 'PUT' | 'GET' | 'DELETE'; readonly name: string; readonly text: string })
  | (Sent & { readonly step: 'erase'; readonly object: number })
  | (Sent & { readonly step: 'import'; readonly object: number; readonly isNew: boolean })
  | { readonly step: 'again'; readonly how: 'kill' | 'end' | 'no store'; readonly hides: boolean; readonly during: 'create' | 'change' | null; readonly object: number; readonly after: number }
export type StepOf<K extends Step['step']> = Extract<Step, { readonly step: K }>

/** What is read of an object. */
export const VIEWS = ['itself', 'with those it leads to', 'its head', 'a revision', 'one to come', 'a time', 'its audit trail', 'its events', 'an event', 'its documents'] as const

const others = AGENTS.filter((name) => name !== 'holder')
const who = fc.oneof({ arbitrary: fc.constant<Who>('holder'), weight: 5 }, { arbitrary: fc.constantFrom<Who>(...others), weight: 6 }, { arbitrary: fc.constantFrom<Who>('nobody', 'liar'), weight: 1 })
const holder = fc.oneof({ arbitrary: fc.constant<Who>('holder'), weight: 9 }, { arbitrary: fc.constantFrom<Who>(...others, 'nobody', 'liar'), weight: 1 })
const lie = fc.nat({ max: 20 })
const object = fc.nat({ max: 5 })
const spoil = fc.oneof({ arbitrary: fc.constant<Spoil>(null), weight: 9 }, { arbitrary: fc.constantFrom<Spoil>(...SPOILS), weight: 1 })
const permissions = fc.oneof(fc.constant(PERMISSIONS), fc.uniqueArray(fc.constantFrom(...PERMISSIONS), { minLength: 1 }))
const rarely = fc.oneof({ arbitrary: fc.constant(false), weight: 9 }, { arbitrary: fc.constant(true), weight: 1 })
const mostly = rarely.map((value) => !value)
const step = <K extends Step['step'], T>(name: K, weight: number, fields: { readonly [F in keyof T]: fc.Arbitrary<T[F]> }) => ({ weight, arbitrary: fc.record({ step: fc.constant(name), ...fields }) as fc.Arbitrary<unknown> as fc.Arbitrary<Step> })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  step('create', 30, { who: holder, lie, spoil, body: validObjects }),
  step('read', 30, { who, lie, object, what: fc.constantFrom(...VIEWS) }),
  step('change', 40, { who, lie, spoil, object, revision: fc.constantFrom('current', 'current', 'current', 'stale', 'to come'), isPossible: mostly }),
  step('compete', 6, { object, other: fc.constantFrom(...AGENTS) }),
  step('decide', 40, { who, lie, request: fc.nat({ max: 20 }), to: fc.constantFrom(...STATUSES, 'REQUEST_ACCEPTED', 'REQUEST_ACCEPTED', 'REQUEST_ACCEPTED') }),
  step('revoke', 10, { who, lie, request: fc.nat({ max: 20 }) }),
  step('verify', 15, { who, lie, spoil, object, revision: fc.constantFrom('current', 'current', 'to come') }),
  step('event', 20, { who, lie, spoil, object }),
  step('events', 10, { who, lie, spoil, objects: fc.uniqueArray(object, { minLength: 1, maxLength: 3 }) }),
  step('subscribe', 12, { who, lie, spoil, object }),
  step('delegate', 25, { who, lie, spoil, object, to: fc.constantFrom(...others), permissions }),
  step('grant', 35, { who: holder, lie, spoil, object, to: fc.constantFrom(...others), permissions, isBrief: rarely }),
  step('end a grant', 8, { who: holder, lie, grant: fc.nat({ max: 8 }) }),
  step('document', 15, { who, lie, object, method: fc.constantFrom('PUT', 'GET', 'DELETE'), name: fc.constantFrom('a.pdf', 'ä b', '%'), text: fc.string({ maxLength: 30 }) }),
  step('erase', 4, { who: holder, lie, spoil, object }),
  step('import', 6, { who: holder, lie, spoil, object, isNew: fc.boolean() }),
  step('again', 2, { how: fc.constantFrom('kill', 'end', 'no store'), hides: fc.boolean(), during: fc.constantFrom('create', 'change', null), object, after: fc.nat({ max: 40 }) }),
)

/** Sequences that begin with an object to do something with, and somebody who may. */
export const sequences: fc.Arbitrary<readonly Step[]> = fc.tuple(
  validObjects, fc.array(anyStep, { minLength: 5, maxLength: 40, size: 'max' }),
).map(([body, steps]) => [
  { step: 'create', who: 'holder', lie: 0, spoil: null, body },
  { step: 'grant', who: 'holder', lie: 0, spoil: null, object: 0, to: 'partner', permissions: PERMISSIONS, isBrief: false },
  { step: 'grant', who: 'holder', lie: 0, spoil: null, object: 0, to: 'reader', permissions: ['GET_LOGISTICS_OBJECT'], isBrief: false },
  ...steps,
])
