import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../demo/http.ts'
import { textOf, type Clients } from './clients.ts'
import type { Dice } from './dice.ts'
import { shownSchema, type Ledger, type Owned, type Shown } from './ledger.ts'
import { read, post, visit } from './visitor.ts'

export type OwnerOptions = {
  /** Unique among owners and runs: names and keys begin with it. */
  readonly name: string
  readonly clients: Clients
  readonly ledger: Ledger
  readonly dice: Dice
  /** Aborts when no new deed is to begin. */
  readonly enough: AbortSignal
  /** Aborts when whoever still waits for an answer gives up. */
  readonly giveUp: AbortSignal
}

const WHILE_RUNNING = { visit: 30, post: 20, read: 14, pause: 7, hibernate: 7, resume: 5, restart: 5, stop: 5, settings: 3, remove: 1, nap: 8 }
const WHILE_STOPPED = { visit: 10, start: 20, remove: 1 }

/** An owner, and the visitors of what they own: one deployment after the other, one deed after the other, as the dice say. */
export const own = async (options: OwnerOptions): Promise<void> => {
  for (let n = 1; !options.enough.aborted; n += 1) {
    const owned = await deploy(options, n)
    if (owned) await live(owned, options, n)
  }
}

const SETTINGS = { pauseAfterSeconds: 1, hibernateAfterSeconds: 2, open: true, requestsPerMinute: 1_000_000 }

const deploy = async (options: OwnerOptions, n: number): Promise<Owned | null> => {
  const name = `${options.name}-${n}`
  const shown = await command(options, 'create', 'POST', '', `${name}-create`, { name, settings: SETTINGS }, 202)
  if (!shown) return null
  if (shown.name !== name) options.ledger.broken.push(`asked for ${name}, got ${shown.name}`)
  const owned: Owned = { id: shown.id, name, url: shown.url, wanted: shown.wanted, objects: [] }
  options.ledger.deployments.push(owned)
  return owned
}

const live = async (owned: Owned, options: OwnerOptions, n: number): Promise<void> => {
  const { dice, enough, clients, ledger } = options
  const order = async (deed: string, method: string, path: string, index: number, body?: object): Promise<void> => {
    const shown = await command(options, deed, method, `/${owned.id}${path}`, `${options.name}-${n}-${index}-${deed}`, body)
    if (shown) owned.wanted = shown.wanted
  }
  for (let index = 0; !enough.aborted && owned.wanted !== 'deleted'; index += 1) {
    const deed = owned.wanted === 'running' ? dice.weighted(WHILE_RUNNING) : dice.weighted(WHILE_STOPPED)
    const edge = Math.floor(dice.between(0, clients.edges))
    switch (deed) {
      case 'visit': await visit(owned, edge, clients, ledger); break
      case 'post': await post(owned, edge, `${owned.name} said ${index}`, clients, ledger); break
      case 'read': if (owned.objects.length > 0) await read(owned, dice.oneOf(owned.objects), edge, clients, ledger); break
      case 'nap': await sleep(dice.between(500, 5_000), undefined, { signal: enough }).catch(() => undefined); break
      case 'remove': await order(deed, 'DELETE', '', index); break
      case 'stop': await order(deed, 'POST', '/stop', index, { reason: `deed ${index}` }); break
      case 'settings': await order(deed, 'PATCH', '/settings', index, { pauseAfterSeconds: Math.floor(dice.between(1, 4)) }); break
      default: await order(deed, 'POST', `/${deed}`, index)
    }
    await sleep(dice.between(20, 300))
  }
}

/** Says a command until it is answered, and notes the answer. Null when it was refused, or never answered. */
const command = async (
  { clients, ledger, dice, giveUp }: OwnerOptions, deed: string, method: string, path: string, key: string, body?: object, mustBe?: number,
): Promise<Shown | null> => {
  const answer = await clients.command(method, path, key, body, dice, giveUp)
  if (!answer) {
    ledger.broken.push(`${deed} ${path || key} was never answered, also when all was whole again`)
    return null
  }
  ledger.count(`${deed} ${answer.status}`)
  if (mustBe !== undefined && answer.status !== mustBe) ledger.broken.push(`${deed} ${key}: ${told(answer)} instead of ${mustBe}`)
  if (answer.status === 404 || answer.status === 422) ledger.broken.push(`${deed} ${path}: ${told(answer)}`)
  if (answer.status >= 300) return null
  const shown = shownSchema.parse(JSON.parse(textOf(answer)))
  ledger.acknowledged.push({ command: deed, shown })
  return shown
}

const told = (answer: Answer): string => `${answer.status} ${textOf(answer).slice(0, 300)}`
