import type { InstanceEvent } from '../../events/instance/events.ts'

/** A moment of falling asleep or waking, and how a request is made to arrive in it. */
export type Moment = 'pausing' | 'freezing' | 'hibernating' | 'waking'

type Plan = {
  /** The event that opens the moment. */
  readonly after: InstanceEvent['type']
  /** The request is sent so many milliseconds after it, at random in between. */
  readonly within: readonly [number, number]
  /** Whether another request goes first, so that the measured one meets a wake that is under way. */
  readonly trigger: boolean
}

export const MOMENTS: Readonly<Record<Moment, Plan>> = {
  pausing: { after: 'PauseRequested', within: [0, 4], trigger: false },
  freezing: { after: 'PauseRequested', within: [2, 14], trigger: false },
  hibernating: { after: 'HibernateRequested', within: [0, 12], trigger: false },
  waking: { after: 'InstancePaused', within: [0, 6], trigger: true },
}

/** One of them, by a random number in [0, 1). */
export const momentBy = (random: number): Moment => {
  const names = Object.keys(MOMENTS) as Moment[]
  return names[Math.floor(random * names.length)] ?? 'pausing'
}
