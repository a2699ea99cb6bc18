import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Application, Claim } from '../../slot/port.ts'
import type { MinioServer } from '../../testing/servers.ts'
import { oneRecordApplication } from '../application.ts'
import { BASE, claimOn, type ClaimOptions } from './store.ts'

export { BUCKET, claimOn, rootClient, startStore } from './store.ts'

/** An application served on a port of its own, without a slot around it. */
export type Served = { /** Where it listens. */ readonly address: string; /** Its public base URL, the same for every test. */ readonly base: string; readonly claim: Claim; readonly application: Application; readonly attachMs: number; stop(): Promise<void> }

/** Attaches an application to a record and serves it. @throws what attach throws */
export const serve = async (minio: MinioServer, options: ClaimOptions & Parameters<typeof oneRecordApplication>[0] = {}): Promise<Served> => {
  const application = oneRecordApplication(options)
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => void application.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const claim = claimOn(minio, options)
  const begin = performance.now()
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await application.quiesce()
  }
  await application.attach(claim).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { address, base: BASE, claim, application, attachMs: performance.now() - begin, stop }
}
