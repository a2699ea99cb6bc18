import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Trigrams index the search for a part of a name. A trusted extension: the owner of the database may create it. */
export const trigrams: Migration = {
  up: async (db) => {
    await sql`create extension if not exists pg_trgm`.execute(db)
  },
}
