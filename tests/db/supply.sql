-- supply: vendors, groups, providers.
begin;
select plan(14);

select is((select string_agg(name, ',') from provider_groups), 'default', 'one group from the start');
select fk_ok('providers', 'vendor_id', 'vendors', 'id');
select hasnt_column('providers', 'key', 'a secret is stored sealed');

insert into vendors (website_domain) values ('v.example');
create function put(changes text) returns void language plpgsql as $$
begin
    execute 'insert into providers select * from jsonb_populate_record(null::providers, '
        '$1 || $2::jsonb)' using
        (select to_jsonb(r) from (select 1000 + count(*) as id, 1 as vendor_id, 'p' as name,
            'https://h' as url, '\x' || repeat('ab', 40) as sealed_key, 'h' as key_hint,
            'claude' as provider_type, true as is_enabled, 1 as weight, 0 as priority,
            1 as cost_multiplier, 0 as first_byte_timeout_streaming_ms,
            0 as streaming_idle_timeout_ms, 0 as request_timeout_non_streaming_ms, 1 as revision,
            now() as created_at, now() as updated_at from providers) r), changes;
end $$;

select lives_ok($$select put('{}')$$, 'a plain provider');
select throws_ok($$select put('{"url": "ftp://h"}')$$, '23514', null, 'http or https');
select throws_ok($$select put('{"url": "https://u:p@h/x"}')$$, '23514', null, 'no login in a url');
select lives_ok($$select put('{"url": "https://h/x@y"}')$$, 'but an @ behind the host');
select throws_ok($$select put('{"sealed_key": "\\x00"}')$$, '23514', null, 'a seal has its length');
select throws_ok($$select put('{"provider_type": "other"}')$$, '23514', null, 'six types');
select throws_ok($$select put('{"weight": 0}')$$, '23514', null, 'a weight from 1');
select throws_ok($$select put('{"weight": 101}')$$, '23514', null, 'to 100');
select throws_ok($$select put('{"first_byte_timeout_streaming_ms": 999}')$$, '23514', null,
    'a timeout is off or of use');
select lives_ok($$select put('{"first_byte_timeout_streaming_ms": 1000}')$$, 'from a second on');
select throws_ok($$delete from vendors$$, '23503', null, 'a vendor with providers stays');

select * from finish();
rollback;
