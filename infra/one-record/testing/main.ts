import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Claim } from '../../slot/port.ts'
import { oneRecordApplication } from '../application.ts'

/** A process that serves the claim of its first argument (JSON) and says its port on standard output: one that can be killed, or ended in order (SIGTERM). */
const application = oneRecordApplication()
const server = createServer((request, response) => void application.handle(request, response))
await application.attach(JSON.parse(process.argv[2] ?? '') as Claim)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  void application.quiesce().then(() => process.exit(0))
})
