import fc from 'fast-check'
import { claimReasonSchema, type DeploymentEvent } from '../deployment/events.ts'
import { DEFAULT_SETTINGS, type Settings, type SleepSettings } from '../deployment/settings.ts'
import { instanceStatusSchema, type Instance, type InstanceEvent } from '../instance/events.ts'
import type { NameEvent } from '../name/events.ts'

/** Events of any type with any data their schemas take, in any order: more than can ever happen. */
const text = (maxLength: number) => fc.string({ minLength: 1, maxLength })
const time = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map((date) => date.toISOString())
const id = fc.constantFrom('a', 'b', 'c')
const sleepSettings: fc.Arbitrary<SleepSettings> = fc.record({
  pauseAfterSeconds: fc.integer({ min: 1, max: 86_400 }), hibernateAfterSeconds: fc.integer({ min: 1, max: 86_400 }), maxBodyBytes: fc.integer({ min: 1_024, max: 1 << 20 }),
})
const settings: fc.Arbitrary<Settings> = fc.record({ sleep: sleepSettings, open: fc.boolean(), maxObjects: fc.integer({ min: 1, max: 1_000 }) }).map(({ sleep, ...more }) => ({ ...DEFAULT_SETTINGS, ...sleep, ...more }))
const base = { deploymentId: id, name: fc.constant('demo'), at: time }
const event = <T extends string, D>(type: T, data: { [K in keyof D]: fc.Arbitrary<D[K]> }): fc.Arbitrary<{ type: T; data: D }> =>
  fc.record({ type: fc.constant(type), data: fc.record(data) as unknown as fc.Arbitrary<D> })

export const deploymentEvents: fc.Arbitrary<DeploymentEvent> = fc.oneof(
  event('DeploymentRequested', { ...base, owner: text(20), plan: fc.constant('small' as const), settings }),
  event('ClaimRequested', { ...base, reason: fc.constantFrom(...claimReasonSchema.options), since: time }),
  event('SettingsChanged', { ...base, settings }),
  event('CredentialsRotated', { ...base, generation: fc.integer({ min: 2, max: 9 }) }),
  event('StartRequested', base),
  event('RestartRequested', base),
  event('StopRequested', { ...base, reason: text(500) }),
  event('StopRequested', base),
  event('DeploymentStopped', base),
  event('DeletionRequested', base),
  event('DeploymentDeleted', base),
  event('RecordErased', { ...base, objects: fc.nat() }),
)

export const instances: fc.Arbitrary<Instance> = fc.record({
  claimId: fc.constantFrom('a-1', 'a-2', 'b-1'), deploymentId: id, name: fc.constant('demo'), epoch: fc.nat(5), plan: fc.constant('small' as const), settings: sleepSettings,
  status: fc.constantFrom(...instanceStatusSchema.options), since: time, node: fc.option(text(10)), slot: fc.option(text(10)), address: fc.option(text(10)),
  startedAt: fc.option(time), wakes: fc.nat(), requests: fc.nat(),
})
const ofClaim = { deploymentId: id, claimId: fc.constantFrom('a-1', 'a-2', 'b-1'), at: time, instance: instances }
const awake = { awakeMs: fc.nat(), requests: fc.nat() }

export const instanceEvents: fc.Arbitrary<InstanceEvent> = fc.oneof(
  event('InstanceStarted', { ...ofClaim, reason: fc.constantFrom(...claimReasonSchema.options), wakeMs: fc.nat() }),
  event('PauseRequested', { ...ofClaim, reason: fc.constantFrom('idle' as const, 'requested' as const) }),
  event('InstancePaused', { ...ofClaim, ...awake }),
  event('InstanceResumed', { ...ofClaim, reason: fc.constantFrom('hit' as const, 'requested' as const), wakeMs: fc.nat() }),
  event('InstanceHibernated', { ...ofClaim, ...awake }),
  event('LimitReached', { ...ofClaim, limit: fc.constantFrom('storedBytes' as const, 'objects' as const), usage: fc.record({ objects: fc.nat(), bytes: fc.nat() }) }),
  event('InstanceLost', { ...ofClaim, reason: text(500), cause: fc.constantFrom('slot' as const, 'node' as const), before: fc.constantFrom(...instanceStatusSchema.options), logTail: fc.array(text(300), { maxLength: 20 }) }),
)

export const nameEvents: fc.Arbitrary<NameEvent> = fc.oneof(event('NameReserved', base), event('NameReleased', base))
