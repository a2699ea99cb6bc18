import { Agent, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { openFront } from './front.ts'
import { openClaim } from './open-claim.ts'
import type { Application } from './port.ts'
import { openRehearsalStore } from './rehearsal-store.ts'

/** One request; `thereafter`: what is sent below the address (`Location`) of what it made, after that was read. */
export type Exchange = { readonly method: string; readonly path: string; readonly body?: string; readonly thereafter?: readonly Exchange[] }

const ROUNDS = 30
const BASE = 'http://rehearsal.invalid'

/**
 * Plays a life of an application through before anybody claims one: attach, requests over a real listener, rest; its record in
 * memory. What the first visitor would wait for is compiled and called by then. What a request makes (`Location`) is read too.
 * Resolves to the statuses of the last round.
 */
export const rehearse = async (application: Application, exchanges: readonly Exchange[]): Promise<readonly number[]> => {
  const store = await openRehearsalStore()
  const front = await openFront('127.0.0.1', { admit: () => null, handle: (request, response) => application.handle(request, response) })
  const agent = new Agent({ keepAlive: true })
  const send = ({ method, path, body }: Exchange) =>
    new Promise<{ readonly status: number; readonly location: string | undefined }>((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/ld+json', 'content-length': Buffer.byteLength(body) }
      httpRequest({ agent, host: '127.0.0.1', port: front.port, method, path, headers }, (response) => {
        void text(response).then(() => resolve({ status: response.statusCode ?? 0, location: response.headers.location }), reject)
      }).once('error', reject).end(body)
    })
  const round = async (all = exchanges, below = ''): Promise<readonly number[]> => {
    const statuses: number[] = []
    for (const { thereafter = [], ...exchange } of all) {
      const { status, location } = await send({ ...exchange, path: below + exchange.path })
      statuses.push(status)
      if (status !== 201 || location === undefined) continue
      const { pathname } = new URL(location)
      statuses.push(...(await round([{ method: 'GET', path: '' }, ...thereafter], pathname)))
    }
    return statuses
  }
  try {
    await application.attach({
      claimId: 'rehearsal-0', deploymentId: 'rehearsal', epoch: 0, name: 'rehearsal', baseUrl: BASE, ...openClaim(),
      storage: { endpoint: store.url, region: 'us-east-1', bucket: 'rehearsal', prefix: 'rehearsal/', accessKeyId: 'none', secretAccessKey: 'none', sessionToken: 'none', expiresAt: '2099-01-01T00:00:00Z' },
    })
    let statuses = await round()
    for (let played = 1; played < ROUNDS; played++) statuses = await round()
    return statuses
  } finally {
    agent.destroy()
    front.close()
    await application.quiesce() // closes its sockets
    store.close()
  }
}
