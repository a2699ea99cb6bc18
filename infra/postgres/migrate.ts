import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { checkpoints } from './migrations/0001-checkpoints.ts'
import { trigrams } from './migrations/0002-trigrams.ts'
import { builds } from './migrations/0003-builds.ts'

/** Forward only and numbered; one that was released is never edited. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-checkpoints': checkpoints,
  '0002-trigrams': trigrams,
  '0003-builds': builds,
}

/**
 * Brings the projector's own tables (schema `projector`) to the newest version. Several may run it at once: one does it,
 * the others wait. Tables of projections are not migrated but built anew per version.
 */
export const migrate = async (db: Kysely<unknown>): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS }, migrationTableSchema: 'projector' })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error instanceof Error ? error : new Error('the migrations failed', { cause: error })
}
