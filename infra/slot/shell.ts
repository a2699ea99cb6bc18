import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { failure, type CatalogueError } from '../../events/errors.ts'
import { CLAIM_HEADER } from '../claim-secret.ts'
import type { ControlRequest, QuiesceAnswer, SlotStatus } from './control.ts'
import { openControl } from './control-server.ts'
import { openFront } from './front.ts'
import { giveBackMemory } from './give-back-memory.ts'
import { newLease } from './lease.ts'
import type { Application, Claim } from './port.ts'

type State = SlotStatus['state']
type Verb<V extends ControlRequest['verb']> = Extract<ControlRequest, { readonly verb: V }>

export type ShellOptions = { /** Address to listen on. */ readonly host: string; /** Path of the control socket. */ readonly control: string; /** Ends the process. */ readonly exit: (code: number) => void }

export type Shell = {
  readonly port: number
  /** Ends in order: what is in flight or waits at its sockets is answered, what is to be kept is written, then it exits with 0. */
  leave(): void
}

/** Time for requests in flight to end once the record is lost, milliseconds. */
const LAST_ANSWERS_MS = 500
/** How a slot exits that has lost its record: not in order, so that another comes in its place. */
const DEPOSED = 3
const ASK_AGAIN_MS = 50
/** Turns of the event loop in which a connection is accepted and its first bytes are read, and one more. */
const TURNS_TO_HEAR = 3

/**
 * Runs one application in a slot: a listener that answers only under a claim, a lease and the claim's own header, and a control
 * socket for the agent. Resolves when both are open. The agent's death changes nothing until the lease ends.
 */
export const runShell = async (application: Application, { host, control, exit }: ShellOptions): Promise<Shell> => {
  const lease = newLease()
  let state: State = 'spare'
  let held: { readonly claim: Claim; readonly header: Buffer; readonly attached: Promise<void> } | null = null
  let credentialsUntil: string | null = null
  let dueAt: string | null = null

  const admit = (request: IncomingMessage): CatalogueError | null => {
    if (state === 'deposed') return unavailable('a later claim has taken over')
    if (state === 'spare' || state === 'attaching' || !held) return unavailable('nobody has claimed this slot yet')
    if (!sameHeader(request.headers[CLAIM_HEADER], held.header)) return failure('MISDIRECTED')
    return lease.valid() ? null : unavailable('its lease has ended')
  }
  const front = await openFront(host, {
    admit,
    handle: (request, response) => application.handle(request, response),
    upgrade: application.upgrade && ((request, socket, head) => application.upgrade?.(request, socket, head)),
  })

  const status = (): SlotStatus => ({
    state, port: front.port, credentialsUntil, dueAt, inFlight: front.inFlight(), report: state === 'serving' || state === 'quiet' ? application.report() : null,
    claim: held && { claimId: held.claim.claimId, deploymentId: held.claim.deploymentId, epoch: held.claim.epoch },
  })
  const renew = (storage: Claim['storage'] | undefined) => {
    if (!storage) return
    credentialsUntil = storage.expiresAt
    application.renew(storage)
  }
  const attach = async (claim: Claim) => {
    state = 'attaching'
    credentialsUntil = claim.storage.expiresAt
    await application.attach(claim).catch((error: unknown) => {
      throw error instanceof Error && error.name === 'DeposedError' ? failure('CLAIM_SUPERSEDED', { claimId: claim.claimId }, error) : error
    })
    state = 'serving'
  }
  const claim = async ({ claim, header, leaseUntil }: Verb<'claim'>) => {
    if (held && (held.claim.claimId !== claim.claimId || held.claim.epoch !== claim.epoch)) throw failure('CLAIM_SUPERSEDED', { claimId: claim.claimId })
    lease.renew(leaseUntil)
    held ??= { claim, header: Buffer.from(header), attached: attach(claim) }
    await held.attached
    return status()
  }
  const quiesce = async (): Promise<QuiesceAnswer> => {
    if (state === 'quiet') return { state: 'quiet', dueAt, report: application.report() }
    if (state !== 'serving') return { state: 'busy', reason: `the slot is ${state}` }
    if (front.inFlight() > 0) return { state: 'busy', reason: `${front.inFlight()} requests are in flight` }
    front.hush()
    const answer = await application.quiesce().catch((error: unknown) => ({ state: 'busy' as const, reason: String(error) }))
    if (answer.state === 'busy') {
      front.hear()
      return answer
    }
    giveBackMemory()
    ;[state, dueAt] = ['quiet', answer.dueAt]
    return { ...answer, report: application.report() }
  }
  const wake = () => {
    if (state !== 'quiet') return
    ;[state, dueAt] = ['serving', null]
    application.resume()
    front.hear()
  }
  const resume = async ({ epoch, leaseUntil, storage }: Verb<'resume'>) => {
    if (held?.claim.epoch !== epoch) throw failure('CLAIM_SUPERSEDED', { claimId: held?.claim.claimId ?? 'of a spare' })
    lease.renew(leaseUntil)
    renew(storage)
    wake()
    return status()
  }

  const erased = async ({ erasure }: Verb<'erased'>) => {
    if (state !== 'serving') throw unavailable(`the slot is ${state}`)
    await application.erased(erasure)
    return status()
  }

  const answer = (request: ControlRequest): object | Promise<object> => {
    switch (request.verb) {
      case 'status':
        return status()
      case 'claim':
        return claim(request)
      case 'confirm':
        lease.renew(request.leaseUntil)
        renew(request.storage)
        return status()
      case 'quiesce':
        return quiesce()
      case 'resume':
        return resume(request)
      case 'erased':
        return erased(request)
      default:
        return request satisfies never
    }
  }
  // An agent that goes between quiesce and freeze leaves a slot that would hear nobody. Without a lease it stays quiet: what
  // waits in its queues is then answered after the next agent has resumed it.
  const left = () => {
    if (lease.valid()) wake()
  }
  await openControl(control, { answer, left })

  void application.deposed.then(() => {
    state = 'deposed'
    front.close()
    setTimeout(exit, LAST_ANSWERS_MS, DEPOSED)
  })

  const leave = async (): Promise<void> => {
    if (state === 'quiet' && lease.valid()) wake()
    else front.hear()
    // what waited in the kernel is accepted and read: its connection is no idle one then, and stays until it has its answer
    for (let turns = 0; turns < TURNS_TO_HEAR; turns++) await turn()
    front.close()
    while (front.inFlight() > 0) await sleep(ASK_AGAIN_MS)
    while (state === 'serving' && (await application.quiesce()).state === 'busy') await sleep(ASK_AGAIN_MS)
  }
  return {
    port: front.port,
    leave: () => void leave().then(() => exit(0), (error: unknown) => {
      process.stderr.write(`${JSON.stringify({ level: 50, part: 'slot', reason: String(error), msg: 'it could not end in order' })}\n`)
      exit(1)
    }),
  }
}

const unavailable = (reason: string): CatalogueError => failure('SLOT_UNAVAILABLE', { reason })

const sameHeader = (given: string | string[] | undefined, expected: Buffer): boolean => {
  const bytes = Buffer.from(typeof given === 'string' ? given : '')
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}
