import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../../demo/random.ts'
import { randomId } from '../../ids.ts'
import type { Claim } from '../../slot/port.ts'
import { end, type MinioServer } from '../../testing/servers.ts'
import { changeBody } from '../change/testing.ts'
import { CARGO } from '../namespaces.ts'
import { below } from '../store/key.ts'
import { openRecord } from '../store/record.ts'
import { BASE, claimOn } from './store.ts'

export type KillPlan = { readonly seed: number; readonly writes: number; readonly kills: number; readonly concurrency: number }

/** What was found after the last restart. `wrong`: a line for each thing that should not be. */
export type KillReport = {
  readonly answered: number
  /** Writes whose answer was cut off: they may be there or not. */
  readonly unanswered: number
  readonly kills: number
  readonly objects: number
  readonly revisions: number
  readonly wrong: readonly string[]
}

const MARK = 'http://kill.test/mark'
const JSON_LD = { 'content-type': 'application/ld+json' }
/** Objects of one worker; it changes one of them or makes another. */
const MOST_OBJECTS = 40

/** One object as its only writer knows it. `marks`: of the changes that were answered with 201. */
type Known = { readonly iri: string; revision: number | null; readonly marks: string[] }

/**
 * Writes to a server, in a process of its own, that is killed (SIGKILL) at moments drawn by lot and started again with the next
 * epoch, until so many writes were answered and so many kills done. Then everything that was answered must be there, once, and
 * every object's history without a gap.
 */
export const killRun = async (minio: MinioServer, { seed, writes, kills, concurrency }: KillPlan, say: (text: string) => void = () => {}): Promise<KillReport> => {
  const random = seeded(seed)
  const prefix = `${randomId()}/`
  const moments = Array.from({ length: kills }, () => Math.floor(random() * writes)).toSorted((a, b) => a - b)
  const count = { answered: 0, unanswered: 0, kills: 0 }
  let epoch = 1
  let serving = start(claimOn(minio, { prefix, epoch }))
  let over = false

  const wrong: string[] = []
  const known: Known[] = []
  const request = async (method: string, iri: string, body?: string): Promise<Response | null> => {
    const { address } = await serving
    return fetch(address + iri.slice(BASE.length), { method, ...(body === undefined ? {} : { body, headers: JSON_LD }) }).then(async (answer) => {
      await answer.arrayBuffer() // a head without its body is no answer
      return answer
    }).catch(() => null)
  }
  const note = (answer: Response | null, doing: string): answer is Response => {
    if (answer?.status === 201) count.answered += 1
    else if (!answer || answer.status === 503) count.unanswered += 1
    else wrong.push(`${doing} was answered with ${answer.status}`)
    return answer?.status === 201
  }
  const create = async (mine: Known[], name: string): Promise<void> => {
    const answer = await request('POST', `${BASE}/logistics-objects`, JSON.stringify({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:goodsDescription': name }))
    if (!note(answer, `making ${name}`)) return
    const object = { iri: answer.headers.get('location') ?? '', revision: 1, marks: [] }
    mine.push(object)
    known.push(object)
  }
  const change = async (object: Known, mark: string): Promise<void> => {
    // whether a change that was cut off is there decides for which revision the next one is
    if (object.revision === null) object.revision = Number((await request('GET', object.iri))?.headers.get('latest-revision') ?? 0) || null
    if (object.revision === null) return
    const answer = await request('PATCH', object.iri, JSON.stringify(changeBody(object.iri, object.revision, [['ADD', object.iri, MARK, 'string', mark]])))
    if (note(answer, `changing ${object.iri}`)) {
      object.marks.push(mark)
      object.revision += 1
    } else object.revision = null
  }
  const worker = async (number: number): Promise<void> => {
    const lot = seeded(seed + number + 1)
    const mine: Known[] = []
    for (let step = 0; !over; step += 1) {
      const object = mine[Math.floor(lot() * mine.length)]
      if (object && (mine.length >= MOST_OBJECTS || lot() < 0.6)) await change(object, `${number}/${step}`)
      else await create(mine, `${number}/${step}`)
    }
  }
  const killer = async (): Promise<void> => {
    for (const moment of moments) {
      while (count.answered < moment) await sleep(1)
      await sleep(random() * 60)
      await end((await serving).child, 'SIGKILL')
      count.kills += 1
      serving = start(claimOn(minio, { prefix, epoch: (epoch += 1) }))
      say(`killed ${count.kills} times, ${count.answered} writes answered`)
      await serving
    }
    while (count.answered < writes) await sleep(1)
    over = true
  }
  await Promise.all([killer(), ...Array.from({ length: concurrency }, (_, number) => worker(number))])

  for (const { iri } of known) if ((await request('GET', iri))?.status !== 200) wrong.push(`${iri} was made and cannot be read`)
  await end((await serving).child, 'SIGKILL')
  const histories = await readHistories(claimOn(minio, { prefix, epoch: epoch + 1 }), wrong)
  for (const { iri, marks } of known) {
    const newest = histories.get(iri)
    for (const mark of marks) if (newest?.filter((one) => one === mark).length !== 1) wrong.push(`${iri} has the change ${mark} ${newest?.filter((one) => one === mark).length ?? 0} times`)
  }
  return { ...count, objects: histories.size, revisions: [...histories.values()].reduce((sum, { length }) => sum + length + 1, 0), wrong }
}

const start = async (claim: Claim): Promise<{ readonly child: ChildProcess; readonly address: string }> => {
  const child = spawn(process.execPath, [`${import.meta.dirname}/main.ts`, JSON.stringify(claim)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, address: `http://127.0.0.1:${port.toString().trim()}` }
}

/** The marks of every object's newest revision. Each revision must have the marks of the one before, and one more. */
const readHistories = async (claim: Claim, wrong: string[]): Promise<ReadonlyMap<string, readonly string[]>> => {
  const record = await openRecord(claim, { genesis: async () => {}, limit: { bytes: Infinity, reached: () => {} }, complain: (error) => wrong.push(String(error)) })
  const reader = record.reader()
  const histories = new Map<string, readonly string[]>()
  let expected = { id: '', revision: 1, marks: [] as readonly string[] }
  for (let after: string | undefined; ; ) {
    const rows = await reader.scan({ prefix: below('revision'), after, limit: 500 })
    for (const { key, place } of rows) {
      const [, id = '', number = ''] = key.split('/')
      const body = JSON.parse(place ? (await reader.body(place)).toString() : '{}') as Readonly<Record<string, unknown>>
      const iri = String(body['@id'])
      const marks = marksOf(body[MARK])
      if (id !== expected.id) expected = { id, revision: 1, marks: [] }
      if (Number(number) !== expected.revision) wrong.push(`${id} has revision ${number} where ${expected.revision} should be`)
      if (marks.length !== Number(number) - 1 || !expected.marks.every((mark) => marks.includes(mark))) wrong.push(`revision ${number} of ${id} does not follow the one before: ${marks.join(' ')}`)
      expected = { id, revision: Number(number) + 1, marks }
      histories.set(iri, marks)
    }
    if (rows.length < 500) break
    after = rows.at(-1)?.key
  }
  await record.rest()
  return histories
}

const marksOf = (value: unknown): readonly string[] =>
  value === undefined ? [] : (Array.isArray(value) ? (value as unknown[]) : [value]).map((one) => (typeof one === 'object' && one !== null && '@value' in one ? String(one['@value']) : String(one)))
