-- grants: what each service's role may do, tried as that role.
begin;
select plan(19);

insert into users (name) values ('a');
insert into keys (user_id, name, digest, prefix, last_four)
    values (1, 'k', sha256('k'), 'sk-1234', '5678');
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant all on all tables in schema tap to public;
grant temporary on database :"DBNAME" to millrace_statsd;

select table_owner_is(name, 'millrace_controlplane', name || ' belongs to the control plane')
    from (values ('users'), ('keys'), ('providers'), ('config_version'), ('usage_ledger')) t(name);

-- statsd: no table of the configuration, nothing secret, no way to change anything there.
select ok(not has_table_privilege('millrace_statsd', name, 'select'), 'statsd does not read ' || name)
    from (values ('users'), ('keys'), ('providers'), ('vendors'), ('config_change')) t(name);
select is((select string_agg(c.relname, ',') from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v')
    and has_table_privilege('millrace_statsd', c.oid, 'insert, update, delete')
    and c.relname not like 'usage\_%'), null, 'statsd writes usage tables alone');
select is((select string_agg(table_name || '.' || column_name, ',') from information_schema.columns
    where table_schema = 'public' and table_name in ('user_names', 'key_names', 'provider_names')
    and column_name ~ 'digest|sealed|hint|key$|prefix|url'), null, 'names are all that views tell');
select is((select string_agg(column_name, ',') from information_schema.columns
    where table_schema = 'public' and table_name = 'sign_in' and column_name ~ 'sealed|prefix|last_four'),
    null, 'signing in needs a digest and no more');

set local role millrace_statsd;
select is((select name from user_names), 'a', 'it reads names');
select is((select key_id from sign_in where digest = sha256('k')), 1::bigint, 'and who a key belongs to');
select throws_ok('select * from keys', '42501', null, 'but not the keys');
select throws_ok('update users set role = ''admin''', '42501', null, 'nor makes an administrator');
select throws_ok('create table mine (id int)', '42501', null, 'nor tables of its own');
select lives_ok('select * from usage_ledger limit 0', 'the ledger is its own');
reset role;

select * from finish();
rollback;
