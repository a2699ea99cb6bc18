import { setTimeout as sleep } from 'node:timers/promises'
import { textOf, type Clients } from './clients.ts'
import type { Dice } from './dice.ts'
import { shownSchema, type Ledger, type Owned } from './ledger.ts'
import { read, visit } from './visitor.ts'

type Settling = { readonly clients: Clients; readonly ledger: Ledger; readonly dice: Dice; /** Unix milliseconds; later nothing is waited for. */ readonly until: number }

/** Waits until every deployment answers through every edge as its owner wants it. What does not is a broken promise. */
export const untilAsWanted = async (settling: Settling): Promise<readonly string[]> => {
  const found = await Promise.all(settling.ledger.deployments.map((owned) => settled(owned, settling)))
  return found.flatMap((one) => one ?? [])
}

const settled = async (owned: Owned, settling: Settling): Promise<string | null> => {
  const { clients, until } = settling
  for (;;) {
    const wrong: string[] = []
    for (let edge = 0; edge < clients.edges; edge += 1) {
      const deviation = await deviationAt(owned, edge, settling)
      if (deviation) wrong.push(`edge-${edge + 1}: ${deviation}`)
    }
    if (wrong.length === 0) return null
    const state = await stateOf(owned, settling)
    if (Date.now() > until) return `${owned.name} (${owned.id}) is to be ${owned.wanted} and is ${state}: ${wrong.join('; ')}`
    await sleep(500)
  }
}

const deviationAt = async (owned: Owned, edge: number, { clients, ledger }: Settling): Promise<string | null> => {
  const outcome = owned.wanted === 'deleted' ? await clients.visit(`${owned.url}/`, edge) : await visit(owned, edge, clients, ledger)
  const expected = { running: [200], stopped: [503], deleted: [410, 404] }[owned.wanted]
  const isRight = expected.includes(outcome.status) && (owned.wanted !== 'stopped' || textOf(outcome).includes('DEPLOYMENT_STOPPED'))
  return isRight ? null : `${outcome.status} ${textOf(outcome).slice(0, 160)}`
}

/** What the API says it is. One that failed, having been struck too often in a row, is started again by its owner. */
const stateOf = async (owned: Owned, { clients, ledger, dice, until }: Settling): Promise<string> => {
  const outcome = await clients.look(`/${owned.id}`)
  if (outcome.status !== 200) return `unknown (${outcome.status})`
  const { status } = shownSchema.parse(JSON.parse(textOf(outcome)))
  if (status === 'failed' && owned.wanted === 'running') {
    ledger.count('started again after it failed')
    await clients.command('POST', `/${owned.id}/start`, `${owned.name}-again-${Date.now()}`, undefined, dice, AbortSignal.timeout(Math.max(1, until - Date.now())))
  }
  return status
}

/** Starts what is stopped, so that everything that was acknowledged can be read. */
export const startStopped = async ({ clients, ledger, dice, until }: Settling): Promise<void> => {
  await Promise.all(ledger.deployments.filter(({ wanted }) => wanted === 'stopped').map(async (owned) => {
    const answer = await clients.command('POST', `/${owned.id}/start`, `${owned.name}-at-last`, undefined, dice, AbortSignal.timeout(Math.max(1, until - Date.now())))
    if (answer && answer.status < 300) owned.wanted = 'running'
  }))
}

/** Reads every acknowledged object of what is not deleted, through one edge after the other. Says which cannot be read. */
export const readAllObjects = async ({ clients, ledger, until }: Settling): Promise<{ readonly objects: number; readonly unread: readonly string[] }> => {
  const kept = ledger.deployments.filter(({ wanted }) => wanted === 'running').map((owned) => ({ owned, objects: [...owned.objects] }))
  const unread = await Promise.all(kept.map(async ({ owned, objects }) => {
    const missing: string[] = []
    for (const [index, object] of objects.entries()) {
      let attempt = index
      while (!(await read(owned, object, attempt, clients, ledger)) && Date.now() < until) {
        attempt += 1
        await sleep(300)
      }
      if (Date.now() >= until && !(await read(owned, object, attempt, clients, ledger))) missing.push(`${object.iri} cannot be read`)
    }
    return missing
  }))
  return { objects: kept.reduce((sum, { objects }) => sum + objects.length, 0), unread: unread.flat() }
}
