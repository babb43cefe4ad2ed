-- 0004_usage: the ledger, its hourly sums, and what makes each event count exactly once.
--
-- Data planes number their events per spool and repeat what was not confirmed. A flush moves the
-- spool's row in usage_mark in the same transaction that writes the ledger and the sums: either
-- all of it is there or nothing, and a repeated event lies below the mark and is skipped. Numbers
-- that were jumped over are rows of usage_gap until they arrive or are given up.
--
-- Money is exact: fifteen decimals, never floating point. Times are UTC.
--
-- Nothing here refers to users, keys or providers by foreign key: the ledger outlives them.

-- ---- The ledger ---------------------------------------------------------------------------

create sequence usage_ledger_id;

create table usage_ledger (
    id                    bigint        not null default nextval('usage_ledger_id'),
    created_at            timestamptz   not null,
    request_id            uuid          not null,

    user_id               bigint        not null check (user_id >= 0),
    key_id                bigint        not null check (key_id >= 0),
    provider_id           bigint        not null check (provider_id >= 0),
    model                 text          not null,
    original_model        text          not null,
    response_model        text          not null,
    endpoint              text          not null,
    dialect               text          not null,

    outcome               text          not null check (outcome in
        ('success', 'refused', 'provider_error', 'provider_failed', 'client_left', 'vanished')),
    status_code           integer       check (status_code between 1 and 999),
    is_stream             boolean       not null,

    input_tokens          bigint        check (input_tokens >= 0),
    output_tokens         bigint        check (output_tokens >= 0),
    cache_read_tokens     bigint        check (cache_read_tokens >= 0),
    cache_write_5m_tokens bigint        check (cache_write_5m_tokens >= 0),
    cache_write_1h_tokens bigint        check (cache_write_1h_tokens >= 0),
    reasoning_tokens      bigint        check (reasoning_tokens >= 0),

    cost_usd              numeric(21, 15) not null default 0 check (cost_usd >= 0),
    cost_multiplier       numeric(19, 9)  not null default 1 check (cost_multiplier >= 0),

    duration_us           bigint        not null check (duration_us >= 0),
    first_byte_us         bigint        check (first_byte_us >= 0),
    first_content_us      bigint        check (first_content_us >= 0),

    client_ip             text          not null,
    user_agent            text          not null,
    error_message         text,
    attempts              jsonb         not null default '[]',

    spool_id              uuid          not null,
    seq                   bigint        not null check (seq > 0),

    primary key (created_at, id),
    unique (request_id, created_at)
) partition by range (created_at);

alter sequence usage_ledger_id owned by usage_ledger.id;

-- The request log pages newest first, over everything (the primary key, read backwards) or over
-- one user, key or provider; the same indexes give the edges of a window that does not begin on
-- the hour.
create index usage_ledger_by_user     on usage_ledger (user_id, created_at, id);
create index usage_ledger_by_key      on usage_ledger (key_id, created_at, id);
create index usage_ledger_by_provider on usage_ledger (provider_id, created_at, id);

comment on table  usage_ledger is
    'One row per exchange that is over; written by statsd only, never changed by clean-up of logs.';
comment on column usage_ledger.created_at is 'When the exchange began; decides hour and window.';
comment on column usage_ledger.request_id is 'UUIDv7 of the data plane, shown to the client.';
comment on column usage_ledger.user_id is '0: the caller was not recognised.';
comment on column usage_ledger.provider_id is 'Whose answer was taken; 0: nobody was asked.';
comment on column usage_ledger.model is 'Sent to the provider; original_model: asked by the client; response_model: named in the answer.';
comment on column usage_ledger.dialect is 'What the client spoke: claude, openai, response, gemini, gemini-cli.';
comment on column usage_ledger.status_code is 'What the client was answered; null: nothing.';
comment on column usage_ledger.input_tokens is 'Null in any token column: the answer did not say.';
comment on column usage_ledger.reasoning_tokens is 'Part of output_tokens.';
comment on column usage_ledger.first_content_us is 'Time to first token, since the start; null: none came.';
comment on column usage_ledger.attempts is 'One element per try at a provider, in order.';
comment on column usage_ledger.seq is 'Number in the spool it came from.';

-- ---- Partitions ---------------------------------------------------------------------------

-- Makes the monthly partitions that hold every moment in [from_time, until_time]; returns how
-- many were new. Runs with its owner's rights, so that statsd needs none to create tables, and
-- refuses a span that no sane caller asks for. There is no default partition: it would have to
-- be searched whenever one is added.
create function usage_partitions_ensure(from_time timestamptz, until_time timestamptz)
returns integer
language plpgsql
security definer
set search_path from current
as $$
declare
    month_start timestamptz := date_trunc('month', from_time, 'UTC');
    month_end   timestamptz;
    name        text;
    made        integer := 0;
begin
    if until_time < from_time or until_time - from_time > interval '10 years' then
        raise exception 'usage partitions cannot be made from % until %', from_time, until_time
            using errcode = 'invalid_parameter_value';
    end if;
    -- Two statsd may ask at once. 4097 is this lock's number, used nowhere else.
    perform pg_advisory_xact_lock(4097);
    while month_start <= until_time loop
        month_end := (month_start at time zone 'UTC' + interval '1 month') at time zone 'UTC';
        name := 'usage_ledger_' || to_char(month_start at time zone 'UTC', 'YYYY_MM');
        if to_regclass(name) is null then
            -- Made apart and attached, which lets readers and writers of the others go on.
            execute format('create table %I (like usage_ledger including defaults including constraints)', name);
            execute format('alter table usage_ledger attach partition %I for values from (%L) to (%L)',
                           name, month_start, month_end);
            made := made + 1;
        end if;
        month_start := month_end;
    end loop;
    return made;
end;
$$;

comment on function usage_partitions_ensure is
    'Makes missing monthly partitions of usage_ledger; called ahead of time by statsd.';
revoke all on function usage_partitions_ensure from public;

select usage_partitions_ensure(now() - interval '1 month', now() + interval '2 months');

-- ---- Hourly sums --------------------------------------------------------------------------

create table usage_hourly (
    hour                  timestamptz   not null
        check (extract(epoch from hour)::bigint % 3600 = 0),
    user_id               bigint        not null,
    key_id                bigint        not null,
    provider_id           bigint        not null,
    model                 text          not null,
    dialect               text          not null,

    requests              bigint        not null check (requests > 0),
    successes             bigint        not null check (successes >= 0),
    failures              bigint        not null check (failures >= 0),
    refusals              bigint        not null check (refusals >= 0),
    departures            bigint        not null check (departures >= 0),

    input_tokens          bigint        not null check (input_tokens >= 0),
    output_tokens         bigint        not null check (output_tokens >= 0),
    cache_read_tokens     bigint        not null check (cache_read_tokens >= 0),
    cache_write_5m_tokens bigint        not null check (cache_write_5m_tokens >= 0),
    cache_write_1h_tokens bigint        not null check (cache_write_1h_tokens >= 0),
    reasoning_tokens      bigint        not null check (reasoning_tokens >= 0),

    cost_usd              numeric(30, 15) not null check (cost_usd >= 0),

    duration_us           numeric(30)   not null check (duration_us >= 0),
    first_content_us      numeric(30)   not null check (first_content_us >= 0),
    first_contents        bigint        not null check (first_contents >= 0),

    primary key (hour, user_id, key_id, provider_id, model, dialect),
    check (requests = successes + failures + refusals + departures)
);

-- Leases and charts ask "this one, the last days" far more often than "everyone, this hour".
create index usage_hourly_by_user     on usage_hourly (user_id, hour);
create index usage_hourly_by_key      on usage_hourly (key_id, hour);
create index usage_hourly_by_provider on usage_hourly (provider_id, hour);

comment on table  usage_hourly is
    'Sums over usage_ledger, kept in the transactions that write it; always equal to it.';
comment on column usage_hourly.hour is 'Start of the hour, UTC, in which the exchanges began.';
comment on column usage_hourly.failures is 'Outcome provider_error, provider_failed or vanished.';
comment on column usage_hourly.refusals is 'Outcome refused: answered without asking a provider.';
comment on column usage_hourly.departures is 'Outcome client_left.';
comment on column usage_hourly.duration_us is 'Sum; divide by requests.';
comment on column usage_hourly.first_content_us is 'Sum over those that had content; divide by first_contents.';

-- ---- Exactly once -------------------------------------------------------------------------

create table usage_mark (
    spool_id              uuid          primary key,
    node                  text          not null,
    counted_below         bigint        not null default 1 check (counted_below >= 1),
    first_heard_at        timestamptz   not null default now(),
    moved_at              timestamptz   not null default now()
);

comment on table  usage_mark is 'How far each spool has been counted; its row is the lock on the spool.';
comment on column usage_mark.spool_id is 'Drawn afresh each time a spool is made.';
comment on column usage_mark.node is 'The operator''s name for the data plane that sent last.';
comment on column usage_mark.counted_below is
    'Every event numbered below this is counted, or stands in usage_gap as open or lost.';

create table usage_gap (
    spool_id              uuid          not null references usage_mark (spool_id),
    first_seq             bigint        not null check (first_seq >= 1),
    last_seq              bigint        not null,
    state                 text          not null check (state in ('open', 'filled', 'lost')),
    found_at              timestamptz   not null default now(),
    closed_at             timestamptz,

    primary key (spool_id, first_seq),
    check (last_seq >= first_seq),
    check ((state = 'open') = (closed_at is null))
);
create index usage_gap_open on usage_gap (spool_id, first_seq) where state = 'open';

comment on table  usage_gap is 'Numbers a spool jumped over. Ranges of one spool never overlap.';
comment on column usage_gap.last_seq is 'Included.';
comment on column usage_gap.state is
    'open: may still arrive; filled: arrived late and is counted; lost: the sender gave it up.';

-- ---- Begun and not ended ------------------------------------------------------------------

create table usage_begun (
    request_id            uuid          primary key,
    begun_at              timestamptz   not null,
    user_id               bigint        not null,
    key_id                bigint        not null,
    provider_id           bigint        not null,
    model                 text          not null,
    endpoint              text          not null,
    spool_id              uuid          not null,
    seq                   bigint        not null check (seq > 0)
);
create index usage_begun_by_spool on usage_begun (spool_id, seq);

comment on table usage_begun is
    'Exchanges whose first byte went to a provider and whose end has not arrived; the row goes when it does.';
