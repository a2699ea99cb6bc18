import type { DeploymentEvent } from '../../../events/deployment/events.ts'
import { evolve, type Deployment } from '../../../events/deployment/state.ts'
import type { RecordedEvent } from '../../../events/envelope.ts'
import type { InstanceEvent } from '../../../events/instance/events.ts'
import type { Acknowledged } from '../ledger.ts'

/**
 * Every answer was true and stayed so: the stream, folded up to the revision that was answered, is what was answered; and the
 * claim that was answered is in the store as it was then.
 */
export const unkeptAnswers = (acknowledged: readonly Acknowledged[], events: readonly RecordedEvent[]): readonly string[] => {
  const streams = Map.groupBy(events, ({ stream }) => stream)
  return acknowledged.flatMap(({ command, shown }) => {
    const wrong: string[] = []
    const history = (streams.get(`deployment.${shown.id}`) ?? []) as unknown as readonly RecordedEvent<DeploymentEvent>[]
    const then = history.filter(({ revision }) => revision <= shown.revision).reduce<Deployment | null>((state, event) => evolve(state, event, event.revision), null)
    if (then?.revision !== shown.revision) wrong.push(`revision ${shown.revision} was answered; stored are ${history.length} events`)
    else {
      if (then.name !== shown.name || then.wanted !== shown.wanted) wrong.push(`${shown.name}, ${shown.wanted} was answered; stored is ${then.name}, ${then.wanted}`)
      if (JSON.stringify(then.settings) !== JSON.stringify(shown.settings)) wrong.push('other settings are stored than were answered')
    }
    const { claim } = shown
    const claims = (streams.get(`instance.${claim?.id}`) ?? []) as unknown as readonly RecordedEvent<InstanceEvent>[]
    if (claim && !claims.some(({ data }) => data.instance.since === claim.since)) wrong.push(`claim ${claim.id} since ${claim.since} was answered and is not stored`)
    return wrong.map((what) => `${command} of ${shown.name} (${shown.id}): ${what}`)
  })
}
