-- 0003_configuration_versions: every committed change of the configuration has a number.
--
-- Whoever changes a configuration table takes the lock on the one row of config_version, until
-- the end of the transaction. So versions are given out in the order of commits, without a gap
-- and without a late comer below a number that was read already, and any number of control
-- planes that read the same version read the same rows. The triggers below do it for every way
-- in, psql included; they note what changed in config_change, from which a control plane makes
-- the difference between two versions.
--
-- The epoch tells databases apart. It is drawn again when the database is not the one it was
-- drawn for (restored from a dump, or another branch of history after a failover), because then
-- the same number may mean other rows.

create table config_version (
    singleton     boolean     primary key default true check (singleton),
    epoch         uuid        not null default gen_random_uuid(),
    drawn_for     text        not null default '',
    version       bigint      not null default 1 check (version > 0),
    bumped_by     xid8,
    pruned_to     bigint      not null default 0 check (pruned_to >= 0)
);

comment on column config_version.drawn_for is 'Which database and branch of history the epoch belongs to.';
comment on column config_version.bumped_by is 'The transaction that gave out this version: one number each.';
comment on column config_version.pruned_to is 'Changes up to this version are no longer in config_change.';

insert into config_version default values;

create table config_change (
    version  bigint      not null,
    kind     text        not null check (kind in ('user', 'key', 'provider', 'settings')),
    id       bigint      not null,
    noted_at timestamptz not null default now(),
    primary key (version, kind, id)
);

-- Takes the lock, gives this transaction its number and returns it. Call it first in a
-- transaction that will change configuration, so that locks are always taken in one order.
create function config_bump() returns bigint language plpgsql as $$
declare
    given bigint;
begin
    update config_version set version = version + 1, bumped_by = pg_current_xact_id()
        where bumped_by is distinct from pg_current_xact_id();
    select version into strict given from config_version;
    perform pg_notify('millrace_config', given::text);
    return given;
end $$;

create function config_note_changed() returns trigger language plpgsql as $$
begin
    if exists (select from changed_rows) then
        insert into config_change (version, kind, id)
            select config_bump_now.v, tg_argv[0], changed_rows.id
            from changed_rows, (select config_bump() as v) as config_bump_now
            on conflict do nothing;
    end if;
    return null;
end $$;

-- A user who goes or comes back takes along the keys, which are not changed themselves.
create function config_note_users_keys() returns trigger language plpgsql as $$
begin
    if exists (select from changed_rows join rows_before using (id)
               where (changed_rows.deleted_at is null) <> (rows_before.deleted_at is null)) then
        insert into config_change (version, kind, id)
            select config_bump_now.v, 'key', keys.id
            from changed_rows join rows_before using (id) join keys on keys.user_id = changed_rows.id,
                (select config_bump() as v) as config_bump_now
            where (changed_rows.deleted_at is null) <> (rows_before.deleted_at is null)
            on conflict do nothing;
    end if;
    return null;
end $$;

create trigger config_insert after insert on users referencing new table as changed_rows
    for each statement execute function config_note_changed('user');
create trigger config_update after update on users referencing new table as changed_rows
    for each statement execute function config_note_changed('user');
create trigger config_delete after delete on users referencing old table as changed_rows
    for each statement execute function config_note_changed('user');
create trigger config_update_keys after update on users
    referencing new table as changed_rows old table as rows_before
    for each statement execute function config_note_users_keys();

create trigger config_insert after insert on keys referencing new table as changed_rows
    for each statement execute function config_note_changed('key');
create trigger config_update after update on keys referencing new table as changed_rows
    for each statement execute function config_note_changed('key');
create trigger config_delete after delete on keys referencing old table as changed_rows
    for each statement execute function config_note_changed('key');

create trigger config_insert after insert on providers referencing new table as changed_rows
    for each statement execute function config_note_changed('provider');
create trigger config_update after update on providers referencing new table as changed_rows
    for each statement execute function config_note_changed('provider');
create trigger config_delete after delete on providers referencing old table as changed_rows
    for each statement execute function config_note_changed('provider');

-- Which database this is, and on which branch of its history.
create function config_place() returns text language sql stable as $$
    select format('%s/%s/%s', (select system_identifier from pg_control_system()),
        (select oid from pg_database where datname = current_database()),
        case when pg_is_in_recovery() then '' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end)
$$;

-- What a control plane asks whenever it connected: draws a new epoch if need be.
create function config_claim(out epoch uuid, out version bigint) language plpgsql as $$
begin
    update config_version set epoch = gen_random_uuid(), drawn_for = config_place()
        where drawn_for <> config_place();
    select v.epoch, v.version into strict epoch, version from config_version v;
end $$;

-- Forgets changes older than `keep_for`, but never the last `keep_versions`.
create function config_prune(keep_versions bigint, keep_for interval) returns bigint language plpgsql as $$
declare
    upto bigint;
begin
    select max(c.version) into upto from config_change c
        where c.noted_at < now() - keep_for
        and c.version <= (select v.version - keep_versions from config_version v);
    if upto is null then
        return 0;
    end if;
    update config_version set pruned_to = upto where pruned_to < upto;
    delete from config_change where config_change.version <= upto;
    return upto;
end $$;

create table settings (
    singleton boolean primary key default true check (singleton),
    timezone  text    not null default 'UTC' check (timezone <> '')
);

comment on table settings is 'One row. Columns are added as settings come to be needed.';

insert into settings default values;

create function config_note_settings() returns trigger language plpgsql as $$
begin
    insert into config_change (version, kind, id) values (config_bump(), 'settings', 0)
        on conflict do nothing;
    return null;
end $$;

create trigger config_update after update on settings
    for each statement execute function config_note_settings();

-- ---- What statsd may read: names, and what signing in needs; never a secret ---------------

create view user_names as select id, name, role, deleted_at is not null as is_deleted from users;
create view key_names as select id, user_id, name, deleted_at is not null as is_deleted from keys;
create view provider_names as
    select id, name, provider_type, deleted_at is not null as is_deleted from providers;

create view sign_in as
    select k.id as key_id, k.name as key_name, k.digest, k.is_enabled as key_is_enabled,
        k.expires_at as key_expires_at, k.can_login_web_ui, u.id as user_id, u.name as user_name,
        u.note as user_note, u.role, u.is_enabled as user_is_enabled,
        u.expires_at as user_expires_at
    from keys k join users u on u.id = k.user_id
    where k.deleted_at is null and u.deleted_at is null;

comment on view sign_in is 'A client key by its digest, and its user.';
