import type { InstanceEvent } from '../../events/instance/events.ts'
import type { Running } from '../local/running.ts'
import { connectNats } from '../nats/connect.ts'
import { HEADER } from '../nats/wire.ts'

/** Hears instance events the moment they are stored, as a service of another team would: a plain NATS subscription. */
export type Follower = {
  /** The next event of that type of a deployment, from now on. @throws Error when none comes in time */
  next(deploymentId: string, type: InstanceEvent['type'], timeoutMs: number): Promise<void>
  /** Status of the newest event heard: what its instance was a moment ago. */
  statusOf(deploymentId: string): string
  close(): Promise<void>
}

export const followInstances = async ({ urls, secretsDir }: Pick<Running, 'urls' | 'secretsDir'>): Promise<Follower> => {
  const nc = await connectNats({ NATS_URL: urls.nats, SECRETS_DIR: secretsDir }, 'follower')
  const statuses = new Map<string, string>()
  const waiting = new Set<{ readonly deploymentId: string; readonly type: string; readonly heard: () => void }>()
  const subscription = nc.subscribe('events.instance.*', {
    callback: (error, message) => {
      if (error) return
      const type = message.headers?.get(HEADER.type) ?? ''
      const { instance } = message.json<InstanceEvent['data']>()
      statuses.set(instance.deploymentId, instance.status)
      for (const one of waiting) if (one.type === type && one.deploymentId === instance.deploymentId) one.heard()
    },
  })
  await nc.flush()
  return {
    next: (deploymentId, type, timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => (waiting.delete(one), reject(new Error(`no ${type} of ${deploymentId} within ${timeoutMs} ms`))), timeoutMs)
        const one = { deploymentId, type, heard: () => (clearTimeout(timer), waiting.delete(one), resolve()) }
        waiting.add(one)
      }),
    statusOf: (deploymentId) => statuses.get(deploymentId) ?? 'unknown',
    close: async () => {
      subscription.unsubscribe()
      await nc.close()
    },
  }
}
