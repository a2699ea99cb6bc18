import pino from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import { subscriptions, type Subscriptions } from './subscriptions.ts'

const log = pino({ enabled: false })
const provision = { name: 'provision', annotations: { topic: 'events.deployment.*' } }
const coldStart = { name: 'cold-start', annotations: { topic: 'hits.*,timers.due.wake.*' } }

describe('subscriptions follow the functions', () => {
  let steps: string[]
  let now: number
  let refuse: string | undefined
  let following: Subscriptions
  const taken = () => steps.splice(0)

  beforeEach(() => {
    steps = []
    now = 0
    refuse = undefined
    following = subscriptions({
      open: async ({ subscriber: { name }, stream }) => {
        if (refuse === stream) throw new Error(`${stream} is away`)
        steps.push(`open ${name} ${stream}`)
        return { close: async () => void steps.push(`close ${name} ${stream}`) }
      },
      forget: async ({ subscriber: { name }, stream }) => void steps.push(`forget ${name} ${stream}`),
    }, 60_000, log, () => now)
  })

  it('opens a group for each function and stream, once', async () => {
    await following.follow([provision, coldStart, { name: 'deployments' }])
    expect(taken().toSorted()).toEqual(['open cold-start HITS', 'open cold-start TIMERS', 'open provision EVENTS'])
    await following.follow([coldStart, provision])
    expect(taken()).toEqual([])
  })

  it('opens anew what changed, and leaves the others', async () => {
    await following.follow([provision, coldStart])
    taken()
    await following.follow([{ ...provision, annotations: { ...provision.annotations, events: 'ClaimRequested' } }, coldStart])
    expect(taken()).toEqual(['close provision EVENTS', 'open provision EVENTS'])
  })

  it('closes a removed one at once, and forgets its position only when it stays away', async () => {
    await following.follow([provision])
    await following.follow([])
    now = 59_999
    await following.follow([])
    expect(taken()).toEqual(['open provision EVENTS', 'close provision EVENTS'])
    now = 60_000
    await following.follow([])
    await following.follow([])
    expect(taken()).toEqual(['forget provision EVENTS'])
  })

  it('keeps the position of one that comes back', async () => {
    await following.follow([provision])
    await following.follow([])
    now = 90_000
    await following.follow([provision])
    now = 200_000
    await following.follow([provision])
    expect(taken()).toEqual(['open provision EVENTS', 'close provision EVENTS', 'open provision EVENTS'])
  })

  it('forgets a stream that a function no longer hears', async () => {
    await following.follow([coldStart])
    const hitsOnly = { ...coldStart, annotations: { topic: 'hits.*' } }
    await following.follow([hitsOnly])
    now = 60_000
    await following.follow([hitsOnly])
    expect(taken().slice(2)).toEqual(['close cold-start TIMERS', 'forget cold-start TIMERS'])
  })

  it('tries again what could not be opened, without touching the rest', async () => {
    refuse = 'TIMERS'
    await expect(following.follow([provision, coldStart])).rejects.toThrow('TIMERS is away')
    expect(taken().toSorted()).toEqual(['open cold-start HITS', 'open provision EVENTS'])
    refuse = undefined
    await following.follow([provision, coldStart])
    expect(taken()).toEqual(['open cold-start TIMERS'])
  })

  it('closes everything at the end', async () => {
    await following.follow([provision, coldStart])
    taken()
    await following.close()
    expect(taken().toSorted()).toEqual(['close cold-start HITS', 'close cold-start TIMERS', 'close provision EVENTS'])
  })
})
