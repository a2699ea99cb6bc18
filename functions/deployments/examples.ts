import type { z } from 'zod'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import type { activitySchema, deploymentSchema, historySchema, listedSchema, withSecretSchema } from './answers.ts'

/** Examples of the document; a test holds them against its schemas. */
const id = 'q2fMZJ1xTq3Yb0tD9cVw5A'
const shared = { id, name: 'demo', url: 'http://demo.localhost:8080', owner: 'operator', wanted: 'running', plan: 'small', settings: DEFAULT_SETTINGS, reason: null } as const

export const DEPLOYMENT: z.input<typeof deploymentSchema> = {
  ...shared, status: 'running', clientId: id, tokenUrl: 'http://demo.localhost:8080/oauth2/token', claim: { id: `${id}-1`, node: 'agent-1', since: '2026-03-02T10:00:00.412Z', wakes: 3 },
  requestedAt: '2026-03-02T09:00:00.000Z', changedAt: '2026-03-02T09:00:00.000Z', revision: 1,
}
const REQUESTED: z.input<typeof deploymentSchema> = { ...DEPLOYMENT, status: 'starting', claim: null }
export const MADE: z.input<typeof withSecretSchema> = { ...REQUESTED, clientSecret: 'qJ0lq9r2b3Yb0tD9cVw5A1v8n0Zt7m2x4c6k8p0s2u4' }
export const ROTATED: z.input<typeof withSecretSchema> = { ...MADE, revision: 3 }
export const STOPPING: z.input<typeof deploymentSchema> = { ...DEPLOYMENT, status: 'stopping', wanted: 'stopped', reason: 'end of the season', revision: 2 }

export const LISTED: { items: z.input<typeof listedSchema>[]; next: null } = {
  items: [{ ...shared, status: 'paused', claimId: `${id}-1`, node: 'agent-1', wakes: 3, requests: 128, createdAt: '2026-03-02T09:00:00.000Z', changedAt: '2026-03-02T10:01:00.000Z', revision: 1 }],
  next: null,
}

export const HISTORY: z.input<typeof historySchema> = {
  items: [{
    position: '7', id: 'Fh0nD2m1', type: 'InstancePaused', at: '2026-03-02T10:01:00.000Z', actor: 'function:idle', claimId: `${id}-1`, stream: `instance.${id}-1`, revision: 2,
    data: { awakeMs: 59_588, requests: 12 }, correlationId: 'b7c1', causationId: 'Fh0nD2m0',
  }],
  next: 'WyI3Il0',
}

export const ACTIVITY: z.input<typeof activitySchema> = {
  requests: 128, wakes: 3, sleeps: 3, awakeSeconds: 184.2, awakeSince: null, lastWakeAt: '2026-03-02T10:00:00.412Z',
  wakeTimes: { count: 3, sumMs: 40.5, minMs: 3.1, maxMs: 31.2, p50Ms: 6.2, p95Ms: 31.2, newest: [31.2, 6.2, 3.1] },
}
