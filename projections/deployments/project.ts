import { sql, type QueryCreator } from 'kysely'
import { claimIdOf, statusWhileClaimed } from '../../events/deployment/state.ts'
import { shownStatus } from '../../events/deployment/status.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import { projection, type EventOf } from '../../infra/projector/projection.ts'
import { deploymentTables, type DeploymentTables } from './table.ts'

type Db = QueryCreator<DeploymentTables>
type OwnEvent = EventOf<'ClaimRequested' | 'SettingsChanged' | 'CredentialsRotated' | 'StartRequested' | 'RestartRequested' | 'StopRequested' | 'DeploymentStopped' | 'DeletionRequested' | 'DeploymentDeleted' | 'RecordErased'>

/** An event of the deployment's own stream: what its owner decided. */
const own = ({ data, revision, position }: OwnEvent, db: Db) =>
  db.updateTable('deployments').set({ changed_at: data.at, revision, position }).where('id', '=', data.deploymentId)

/**
 * An event of one of its claims. Counters are of all claims; status and node only of the current one, and the status only
 * while the owner's will does not decide it alone (the list is that of `statusOf`: all but starting, waking and upgrading).
 */
const claim = ({ data, position }: EventOf<InstanceEvent['type']>, db: Db, { wakes = 0, requests = 0 } = {}) =>
  db.updateTable('deployments').set({
    status: sql`case when claim_id = ${data.claimId} and status not in ('requested', 'stopping', 'stopped', 'deleting', 'deleted') then ${shownStatus(data.instance)} else status end`,
    node: sql`case when claim_id = ${data.claimId} then ${data.instance.node} else node end`,
    wakes: sql`wakes + ${wakes}`,
    requests: sql`requests + ${requests}`,
    position,
  }).where('id', '=', data.deploymentId)

export const deployments = projection<DeploymentTables>('deployments', 2, {
  DeploymentRequested: ({ data: { deploymentId, name, owner, plan, settings, at }, revision, position }, db) => [
    db.insertInto('deployments').values({
      id: deploymentId, name, owner, plan, settings: JSON.stringify(settings), status: 'requested', wanted: 'running', stop_reason: null,
      claim_id: null, node: null, wakes: 0, requests: 0, created_at: at, changed_at: at, revision, position,
    }).onConflict((again) => again.column('id').doUpdateSet({ revision, position })),
    db.insertInto('deployment_names').values({ id: deploymentId, name }).onConflict((again) => again.column('id').doNothing()),
  ],

  ClaimRequested: (event, db) =>
    own(event, db).set({
      status: statusWhileClaimed(event.data.reason), wanted: 'running', stop_reason: null,
      claim_id: claimIdOf(event.data.deploymentId, event.revision), node: null,
    }),
  SettingsChanged: (event, db) => own(event, db).set({ settings: JSON.stringify(event.data.settings) }),
  CredentialsRotated: own,
  StartRequested: (event, db) => own(event, db).set({ wanted: 'running', stop_reason: null }),
  RestartRequested: (event, db) => own(event, db).set({ wanted: 'running' }),
  StopRequested: (event, db) => own(event, db).set({ wanted: 'stopped', status: 'stopping', stop_reason: event.data.reason ?? null }),
  DeploymentStopped: (event, db) => own(event, db).set({ status: 'stopped' }),
  DeletionRequested: (event, db) => own(event, db).set({ wanted: 'deleted', status: 'deleting' }),
  DeploymentDeleted: (event, db) => own(event, db).set({ status: 'deleted' }),
  RecordErased: own,

  InstanceStarted: (event, db) => claim(event, db, { wakes: event.data.reason === 'wake' ? 1 : 0 }),
  InstanceFailed: (event, db) => claim(event, db),
  PauseRequested: (event, db) => claim(event, db),
  PauseAbandoned: (event, db) => claim(event, db),
  InstancePaused: (event, db) => claim(event, db, { requests: event.data.requests }),
  ResumeRequested: (event, db) => claim(event, db),
  InstanceResumed: (event, db) => claim(event, db, { wakes: 1 }),
  HibernateRequested: (event, db) => claim(event, db),
  HibernateAbandoned: (event, db) => claim(event, db),
  InstanceHibernated: (event, db) => claim(event, db, { requests: event.data.requests }),
  InstanceReleased: (event, db) => claim(event, db, { requests: event.data.requests }),
  LimitReached: (event, db) => claim(event, db),
  InstanceLost: (event, db) => claim(event, db),
}, deploymentTables)
