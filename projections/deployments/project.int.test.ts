import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deploymentsOf } from '../../infra/aggregates/deployments.ts'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { happen, histories } from '../testing/histories.ts'
import { deployments } from './project.ts'
import { getDeployment } from './queries.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

test('after any history a row says what folding the streams says', async () => {
  await fc.assert(fc.asyncProperty(histories, async (steps) => {
    const store = memoryEventStore()
    const ids = await happen(store, steps)
    await catchUp({ store, postgres: database.postgres, projection: deployments })
    for (const id of ids) {
      const { deployment, instance, status } = await deploymentsOf(store).load(id)
      const current = instance?.instance
      expect(await getDeployment(database.db, id)).toMatchObject({
        id, status, name: deployment.name, owner: deployment.owner, wanted: deployment.wanted, plan: deployment.plan, settings: deployment.settings,
        reason: deployment.stopReason, claimId: deployment.epoch === null ? null : `${id}-${deployment.epoch}`, node: current?.node ?? null,
        createdAt: deployment.requestedAt, changedAt: deployment.changedAt, revision: deployment.revision,
      })
    }
  }), { numRuns: 40 })
})
