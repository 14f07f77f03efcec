-- How far the ledger is sealed must not tell when somebody acted. The age of the oldest act without a seal, by the second, told every session
-- (and whoever asks /readyz) that an act was just written; the last seal's count of rows told how many. What readiness needs is whether
-- the sealer runs; what a witness compares is the seal that the printed page of a finished day bears.
create or replace function audit.sealer_lag() returns interval language sql stable security definer set search_path = pg_catalog as $$
    with lag as (
        select coalesce(greatest(access.now() - min(e.at), interval '0'), interval '0') as by from audit.event e
        where e.id > coalesce((select max(event) from audit.leaf), 0) - 10000 and not exists (select 1 from audit.leaf l where l.event = e.id))
    -- a session learns steps: in time, or late and about how late
    select case when session_user in (trim(both '"' from '{web}'), trim(both '"' from '{job}')) and not coalesce(audit.holds('audit_admin'), false)
                then case when by <= interval '1 minute' then interval '0'
                          else (select coalesce(min(step), interval '30 days') from unnest(array['2 minutes', '10 minutes', '1 hour', '1 day', '7 days']::interval[]) step where step >= by) end
                else by end from lag $$;

create or replace function access.last_seal() returns table (number bigint, sealed_at timestamptz, tree_size bigint, digest bytea)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.number, s.at, s.size, sha256(s.canon) from audit.seal s
    where s.at < date_trunc('day', access.now(), 'Asia/Shanghai') or audit.holds('audit_admin')
    order by s.number desc limit 1 $$;
select access.settle();
