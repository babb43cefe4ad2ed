-- accounts: users and keys.
begin;
select plan(22);

select has_table('users');
select has_table('keys');
select col_is_pk('users', 'id');
select fk_ok('keys', 'user_id', 'users', 'id');
select hasnt_column('keys', 'key', 'a key is not stored');

insert into users (name) values ('alice'), ('alice');
select is((select count(*) from users), 2::bigint, 'two users may have one name');
select row_eq('select role, is_enabled, provider_group, tags::text, daily_reset_time from users limit 1',
    row('user'::text, true, 'default'::text, '{}'::text, '00:00'::text), 'what a user is unless told');

prepare bad_name as insert into users (name) values (' x');
select throws_ok('bad_name', '23514', null, 'a name is trimmed');
select throws_ok($$insert into users (name) values ('')$$, '23514', null, 'a name is not empty');
select throws_ok($$insert into users (name) values (repeat('x', 65))$$, '23514', null, 'nor long');
select throws_ok($$insert into users (name, role) values ('x', 'owner')$$, '23514', null, 'two roles');
select throws_ok($$insert into users (name, limit_daily_usd) values ('x', -1)$$, '23514', null,
    'a limit is not negative');
select throws_ok($$insert into users (name, tags) values ('x', array_fill('t'::text, '{21}'))$$,
    '23514', null, 'twenty tags');
select throws_ok($$insert into users (name, daily_reset_time) values ('x', '24:00')$$, '23514', null,
    'a time of day');

insert into keys (user_id, name, digest, prefix, last_four)
    values (1, 'k', sha256('1'), 'sk-1234', '5678');
select row_eq('select is_enabled, can_login_web_ui, limit_concurrent_sessions from keys',
    row(true, true, 0), 'what a key is unless told');
select throws_ok($$insert into keys (user_id, name, digest, prefix, last_four)
    values (1, 'other', sha256('1'), 'sk-1234', '5678')$$, '23505', null, 'a digest is there once');
select throws_ok($$insert into keys (user_id, name, digest, prefix, last_four)
    values (1, 'k', sha256('2'), 'sk-1234', '5678')$$, '23505', null,
    'a user''s enabled keys have names of their own');
select lives_ok($$insert into keys (user_id, name, digest, prefix, last_four, is_enabled)
    values (1, 'k', sha256('3'), 'sk-1234', '5678', false)$$, 'a disabled one may share a name');
select lives_ok($$insert into keys (user_id, name, digest, prefix, last_four)
    values (2, 'k', sha256('4'), 'sk-1234', '5678')$$, 'and another user''s');
select throws_ok($$insert into keys (user_id, name, digest, prefix, last_four)
    values (1, 'd', 'short', 'sk-1234', '5678')$$, '23514', null, 'a digest has 32 bytes');
select throws_ok($$insert into keys (user_id, name, digest, prefix, last_four)
    values (99, 'd', sha256('5'), 'sk-1234', '5678')$$, '23503', null, 'a key has a user');
update keys set deleted_at = now() where id = 1;
select lives_ok($$insert into keys (user_id, name, digest, prefix, last_four)
    values (1, 'k', sha256('1'), 'sk-1234', '5678')$$, 'a deleted key is in nobody''s way');

select * from finish();
rollback;
