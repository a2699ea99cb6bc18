import { createServer } from 'node:http'
import { oneRecordApplication } from '../one-record/application.ts'
import type { Claim } from '../slot/port.ts'

/**
 * The floor of deploying and of waking from hibernation: the same ONE Record server as a plain process of its own, as one
 * would start it without a playground. The claim comes in the environment; a line `{"port":n}` says that it listens.
 */
const claim = JSON.parse(process.env['CLAIM'] ?? 'null') as Claim
const application = oneRecordApplication()
await application.attach(claim)
const server = createServer((request, response) => void application.handle(request, response))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' && address ? address.port : 0 })}\n`)
})
