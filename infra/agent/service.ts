import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { CatalogueError, failure } from '../../events/errors.ts'
import type { Log } from '../log.ts'
import { subject } from '../nats/subjects.ts'
import { traceOf } from '../tracing/messages.ts'
import { span } from '../tracing/span.ts'
import type { Claims } from './claims.ts'
import { verbs } from './metrics.ts'
import type { Pool } from './pool.ts'
import type { Preparations } from './prepare.ts'
import { requests, type Reply, type Verb } from './wire.ts'

/** What the verbs act on; `drain` looks anew whether the node is drained. */
export type Served = { readonly claims: Claims; readonly pools: ReadonlyMap<string, Pool>; readonly prepared: Pick<Preparations, 'reserve'>; readonly drain: () => Promise<boolean> }

/** Answers the verbs of one node. Every answer is JSON; a failure names its code of the catalogue. */
export const serveAgent = (connection: NatsConnection, node: string, { claims, pools, prepared, drain }: Served, log: Log): Subscription => {
  const perform: { readonly [V in Verb]: (body: unknown) => Promise<object> } = {
    reserve: async (body) => {
      await prepared.reserve(requests.reserve.parse(body))
      return {}
    },
    claim: (body) => claims.claim(requests.claim.parse(body)),
    freeze: (body) => claims.freeze(requests.freeze.parse(body).claimId),
    thaw: (body) => claims.thaw(requests.thaw.parse(body).claimId),
    release: (body) => {
      const { claimId, force } = requests.release.parse(body)
      return claims.release(claimId, force)
    },
    retire: async (body) => {
      const { plan, generation, count } = requests.retire.parse(body)
      return { retired: (await pools.get(plan)?.retire(generation, count)) ?? 0 }
    },
    drain: async (body) => {
      requests.drain.parse(body)
      return { drained: await drain() }
    },
    claims: async (body) => ({ claims: claims.list(requests.claims.parse(body)) }),
  }
  const answer = async (message: Msg): Promise<Reply> => {
    const verb = message.subject.slice(message.subject.lastIndexOf('.') + 1)
    try {
      if (!isVerb(verb)) throw failure('INVALID_FIELD', { field: 'verb', reason: `an agent does not ${verb}` })
      return { ok: true, ...(await perform[verb](message.json())) }
    } catch (error) {
      return refused(verb, error)
    }
  }
  const traced = (message: Msg): Promise<Reply> => {
    const verb = message.subject.slice(message.subject.lastIndexOf('.') + 1)
    const end = verbs.startTimer()
    return span(`agent ${isVerb(verb) ? verb : 'other'}`, { kind: 'server', parent: traceOf(message), attributes: { 'rpc.system': 'nats', 'rpc.service': 'agent', 'rpc.method': verb } }, async (own) => {
      const said = await answer(message)
      if (!said.ok) own.fail(said.code)
      end({ verb: isVerb(verb) ? verb : 'other', outcome: said.ok ? (said['state'] === 'busy' ? 'busy' : 'ok') : said.code })
      return said
    })
  }
  const refused = (verb: string, error: unknown): Reply => {
    if (!(error instanceof CatalogueError)) log.error({ verb, err: error }, 'a request failed')
    else log.info({ verb, code: error.code, reason: error.message }, 'a request was refused')
    const { code, details } = error instanceof CatalogueError ? error : failure('AGENT_UNAVAILABLE', { node, reason: String(error) })
    const { retryAfterSeconds } = details
    return { ok: false, code, reason: String(details['reason'] ?? code), ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}) }
  }
  return connection.subscribe(subject.agent(node, '*'), {
    callback: (error, message) => {
      if (error) log.error({ reason: error.message }, 'subscription failed')
      else void traced(message).then((said) => message.respond(JSON.stringify(said)))
    },
  })
}

const isVerb = (verb: string): verb is Verb => Object.hasOwn(requests, verb)
