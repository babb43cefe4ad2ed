-- configuration_versions: each committed change has a number, and what it changed is known.
create extension if not exists dblink;
select plan(25);

select is((select count(*) from config_version), 1::bigint, 'one row');
select is((select version from config_version), 1::bigint, 'to begin with');

-- A transaction is one version, whatever it changes.
begin;
insert into users (name) values ('a'), ('b');
update users set note = 'n';
insert into keys (user_id, name, digest, prefix, last_four)
    select id, 'k', sha256(id::text::bytea), 'sk-1234', '5678' from users;
commit;
select is((select version from config_version), 2::bigint, 'one transaction, one version');
select results_eq('select kind, id from config_change where version = 2 order by 1, 2',
    $$values ('key', 1::bigint), ('key', 2), ('user', 1), ('user', 2)$$, 'and each row once');

-- What is rolled back has no number and leaves no gap.
begin;
update users set note = 'lost';
rollback;
update users set note = 'kept' where id = 1;
select is((select version from config_version), 3::bigint, 'no gap after a rollback');
select is((select count(*) from config_change where version = 3), 1::bigint, 'one row changed');

update users set note = 'none' where id = 99;
select is((select version from config_version), 3::bigint, 'a change of nothing is none');

-- A user who goes takes the keys along; other changes do not touch them.
update users set is_enabled = false where id = 1;
select is((select count(*) from config_change where version = 4 and kind = 'key'), 0::bigint,
    'a disabled user keeps the keys');
update users set deleted_at = now() where id = 1;
select results_eq('select kind, id from config_change where version = 5 order by 1',
    $$values ('key', 1::bigint), ('user', 1)$$, 'a deleted one does not');
update users set deleted_at = null where id = 1;
select is((select count(*) from config_change where version = 6 and kind = 'key'), 1::bigint,
    'and brings them back');

delete from keys where id = 2;
select results_eq('select kind, id from config_change where version = 7',
    $$values ('key', 2::bigint)$$, 'a row that is removed is noted');

insert into vendors (website_domain) values ('v');
select is((select version from config_version), 7::bigint, 'vendors are not routed by');
insert into providers (vendor_id, name, url, sealed_key, key_hint)
    values (1, 'p', 'https://h', decode(repeat('ab', 40), 'hex'), 'h');
select results_eq('select kind, id from config_change where version = 8',
    $$values ('provider', 1::bigint)$$, 'providers are');
update settings set timezone = 'Europe/Berlin';
select results_eq('select kind from config_change where version = 9', $$values ('settings')$$,
    'settings are');

select is((select config_bump()), 10::bigint, 'whoever asks first gets the next number');

-- Two at once: the second waits for the first to commit, and gets the number after it.
select dblink_connect('one', format('host=%s user=%s dbname=%s', current_setting('unix_socket_directories'),
    current_user, current_database()));
select dblink_connect('two', format('host=%s user=%s dbname=%s', current_setting('unix_socket_directories'),
    current_user, current_database()));
select dblink_exec('one', 'begin');
select is((select v from dblink('one', 'select config_bump()') t(v bigint)), 11::bigint, 'the first');
select is(dblink_send_query('two', 'select config_bump()'), 1, 'the second asks');
select is(dblink_is_busy('two'), 1, 'and waits');
select dblink_exec('one', 'commit');
select is((select v from dblink_get_result('two') t(v bigint)), 12::bigint, 'for its turn');
select dblink_disconnect('one');
select dblink_disconnect('two');

-- The epoch belongs to this database.
select epoch as first_epoch from config_claim() \gset
select is((select epoch from config_claim()), :'first_epoch'::uuid, 'it stays while the database does');
update config_version set drawn_for = 'restored from elsewhere';
select isnt((select epoch from config_claim()), :'first_epoch'::uuid, 'and is drawn anew after it');

-- What is old is forgotten, and how far is remembered.
select is((select config_prune(1000, interval '0')), 0::bigint, 'the last versions are kept');
select is((select config_prune(3, interval '1 hour')), 0::bigint, 'and young ones');
update config_change set noted_at = now() - interval '2 hours';
select is((select config_prune(3, interval '1 hour')), 9::bigint, 'the others are not');
select is((select pruned_to from config_version), 9::bigint, 'who is further behind needs everything');

select * from finish();
