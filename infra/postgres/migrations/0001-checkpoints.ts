import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * How far each version of each projection has come. `active` is the version that the stable names (views) show.
 * `advance` is the compare-and-set that opens each transaction of a projector: it raises PR409 when somebody else moved
 * the checkpoint, and so undoes whatever follows in the same transaction.
 */
export const checkpoints: Migration = {
  up: async (db) => {
    await sql`
      create table projector.checkpoint (
        projection text not null,
        version integer not null,
        store text not null,
        position text,
        active boolean not null default false,
        updated_at timestamptz not null default now(),
        primary key (projection, version)
      )`.execute(db)
    await sql`
      create function projector.advance(projection_ text, version_ integer, store_ text, from_ text, to_ text) returns void
      language plpgsql as $$
      begin
        update projector.checkpoint set position = to_, updated_at = now()
        where projection = projection_ and version = version_ and store = store_ and position is not distinct from from_;
        if not found then
          raise exception 'projection % version % is not at % any more', projection_, version_, coalesce(from_, 'its beginning')
            using errcode = 'PR409';
        end if;
      end $$`.execute(db)
  },
}
