import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * A version of a projection may be built again beside the one that is shown: `build` counts them. `made` is another one each
 * time that tables are made; whoever prepared for those before is deposed by it, and the compare-and-set needs to know nothing
 * else of them. `event_id` is of the event at `position`: the stream may be restored and go on differently under the same numbers.
 * `applied` counts what was done, parked events included; `total`, what there is to do, and `rate`, events a second, are written while it catches up.
 */
export const builds: Migration = {
  up: async (db) => {
    await sql`
      alter table projector.checkpoint
        add column build integer not null default 0,
        add column made uuid not null default gen_random_uuid() unique,
        add column event_id text,
        add column applied bigint not null default 0,
        add column total bigint,
        add column rate double precision,
        add column caught_up_at timestamptz,
        drop constraint checkpoint_pkey,
        add primary key (projection, version, build)`.execute(db)
    await sql`drop function projector.advance(text, integer, text, text, text)`.execute(db)
    await sql`
      create function projector.advance(made_ uuid, from_ text, to_ text, event_id_ text, count_ integer) returns void
      language plpgsql as $$
      begin
        update projector.checkpoint set position = to_, event_id = event_id_, applied = applied + count_, updated_at = now()
        where made = made_ and position is not distinct from from_;
        if not found then
          raise exception 'the projection is not at % any more', coalesce(from_, 'its beginning') using errcode = 'PR409';
        end if;
      end $$`.execute(db)
    // what a build could not apply; `ordinal` is its place among what was applied, null for what is no event at all
    await sql`
      create table projector.parked (
        made uuid not null references projector.checkpoint (made) on delete cascade,
        position text not null,
        letter text not null,
        ordinal bigint,
        event_id text,
        type text,
        stream text,
        reason text not null,
        parked_at timestamptz not null default now(),
        primary key (made, position)
      )`.execute(db)
    // who reads for a projection now. It saves the others the work and is no fence
    await sql`
      create table projector.lease (
        projection text not null,
        version integer not null,
        holder text not null,
        until timestamptz not null,
        primary key (projection, version)
      )`.execute(db)
    await sql`
      create view projector.progress as
      select projection, version, build, active, position, applied as done, greatest(total, applied) as total, rate,
        case when rate > 0 and total > applied then ceil((total - applied) / rate) end as seconds_left,
        (select count(*) from projector.parked where parked.made = checkpoint.made) as parked, caught_up_at, updated_at,
        (select until > now() from projector.lease where lease.projection = checkpoint.projection and lease.version = checkpoint.version) as served
      from projector.checkpoint`.execute(db)
  },
}
