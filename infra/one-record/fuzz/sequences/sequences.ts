import fc from 'fast-check'
import type { MinioServer } from '../../../testing/servers.ts'
import { newPart, type Part } from '../report.ts'
import { makeAgents } from './agents.ts'
import { document, erase, event, events, importOne } from './belongings.ts'
import { change, compete } from './changes.ts'
import { create } from './create.ts'
import { again } from './interruptions.ts'
import { checkAll } from './invariants.ts'
import { newModel } from './model.ts'
import { read } from './read.ts'
import { startServer } from './process.ts'
import { decide, delegate, end, grant, revoke, subscribe, verify } from './requests.ts'
import { newSession, type Session } from './session.ts'
import { sequences, type Step } from './steps.ts'

/** Sequences of one seed; between them a run can say how far it is. */
const AT_ONCE = 10
/** A round that found something goes on so long to tell it in fewer steps. */
const MOST_SHRINKING_MS = 60_000
/** A server of a small plan has less; what it holds must not grow with what it was asked. */
const MOST_MEMORY = 512 * 1024 * 1024

/**
 * Sequences of requests by several agents to a closed server, killed at times, against a plain model of what it has to remember; what
 * does not hold is shrunk to the fewest steps. @param cases requests, at least
 */
export const fuzzSequences = async (minio: MinioServer, cases: number, seed: number, say: (done: number) => void = () => {}): Promise<Part> => {
  const part = newPart('sequences')
  const server = await startServer(minio)
  try {
    const agents = await makeAgents({ claim: server.claim, address: server.address() })
    for (let round = 0; part.cases() < cases && !part.isFull(); round += 1) {
      const outcome = await fc.check(fc.asyncProperty(sequences, async (steps) => {
        const session = newSession(newModel(server.hides()), agents, server, part.count)
        for (const step of steps) await perform(session, step)
        await checkAll(session)
        part.note('sequences')
      }), { numRuns: AT_ONCE, seed: seed + round, interruptAfterTimeLimit: MOST_SHRINKING_MS })
      if (outcome.failed) part.find(`seed ${seed + round}, path ${outcome.counterexamplePath}: ${String(outcome.errorInstance instanceof Error ? outcome.errorInstance.message : outcome.errorInstance)}\n    after ${JSON.stringify(outcome.counterexample)}`)
      say(part.cases())
    }
    const peak = await server.peak()
    part.note('MB at most', Math.round(peak / 1024 ** 2))
    if (peak > MOST_MEMORY) part.find(`the server took ${peak} bytes of memory`)
  } finally {
    await server.stop()
  }
  return part.done()
}

const perform = async (session: Session, step: Step): Promise<void> => {
  switch (step.step) {
    case 'create': return create(session, step)
    case 'read': return read(session, step)
    case 'change': return change(session, step)
    case 'compete': return compete(session, step)
    case 'decide': return decide(session, step)
    case 'revoke': return revoke(session, step)
    case 'verify': return verify(session, step)
    case 'event': return event(session, step)
    case 'events': return events(session, step)
    case 'subscribe': return subscribe(session, step)
    case 'delegate': return delegate(session, step)
    case 'grant': return grant(session, step)
    case 'end a grant': return end(session, step)
    case 'document': return document(session, step)
    case 'erase': return erase(session, step)
    case 'import': return importOne(session, step)
    case 'again': return again(session, step)
    default: return step satisfies never
  }
}
