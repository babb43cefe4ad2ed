-- Who may read and write what. Applied by the control plane after every run of migrations, as the
-- owner of the tables; each run says everything again. Without the role millrace_statsd
-- (roles.sql), as in an installation where one role does everything, nothing is granted.
--
--     millrace_controlplane  owns every table; writes configuration
--     millrace_statsd        writes usage_*, reads names through views; sees no secret and
--                            no table of the configuration
do $$
declare
    name text;
begin
    if not exists (select from pg_roles where rolname = 'millrace_statsd') then
        return;
    end if;
    -- One at a time: grants of one object do not like each other's company.
    perform pg_advisory_xact_lock(7810772411);
    grant usage on schema public to millrace_statsd;
    revoke all on all tables in schema public from millrace_statsd;
    grant select on user_names, key_names, provider_names, sign_in, settings to millrace_statsd;
    -- Tables and partitions of usage, whatever they are by now.
    for name in select c.oid::regclass::text from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                and c.relname like 'usage\_%' loop
        execute format('grant select, insert, update, delete on %s to millrace_statsd', name);
    end loop;
    for name in select c.oid::regclass::text from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'
                and c.relname like 'usage\_%' loop
        execute format('grant usage, select on sequence %s to millrace_statsd', name);
    end loop;
    grant execute on function usage_partitions_ensure(timestamptz, timestamptz) to millrace_statsd;
end $$;
