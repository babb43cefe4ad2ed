-- The services' roles. Run once per database by an administrator of PostgreSQL, connected to
-- Millrace's database, before the control plane starts for the first time; running it again is
-- harmless:
--
--     createdb millrace && psql -d millrace -f db/roles.sql
--
-- How the roles log in (peer, password, certificate) is up to you: alter role ... password.
-- Who may read and write which table is in grants.sql, which the control plane applies itself.

do $$
begin
    if not exists (select from pg_roles where rolname = 'millrace_controlplane') then
        create role millrace_controlplane login;
    end if;
    if not exists (select from pg_roles where rolname = 'millrace_statsd') then
        create role millrace_statsd login;
    end if;
    -- The control plane applies the migrations, so the database and what is in it are its own.
    execute format('alter database %I owner to millrace_controlplane', current_database());
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to millrace_statsd', current_database());
end $$;
