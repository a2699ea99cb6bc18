import * as decide from '../../events/deployment/decide.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { asked } from '../../infra/functions/asked.ts'
import { derivedId } from '../../infra/ids.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { command } from './decisions.ts'

const change = command<unknown>((_, at) => ({ deployment, status }) => decide.rotateCredentials({ type: 'RotateCredentials', at }, deployment, status))

/** POST /:id/credentials/rotate. A repeated Idempotency-Key gives the secret that its first request made. @throws as `command`, CREDENTIALS_UNAVAILABLE */
export const rotate = async (request: HttpRequest<{ readonly id: string }, unknown, unknown>, platform: Platform): Promise<HttpReply> => {
  const deploymentId = request.params.id
  const reply = await change(request, platform)
  const made = derivedId(asked(request, deploymentId).cause, 'CredentialsRotated', '0')
  const { events, deployment } = await platform.deployments.load(deploymentId)
  const event = events.find(({ id }) => id === made)
  const generation = event?.type === 'CredentialsRotated' ? event.data.generation : deployment.generation
  const { clientSecret } = await platform.clients.secret({ deploymentId, generation })
  return { ...reply, body: { ...reply.body, clientSecret } }
}
