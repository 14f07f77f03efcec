-- Matching on the desk. The catalogue is known to every bound session; everything else inherits the circle of its matter.
select access.open_table('public.match_dataset');
select access.bind_table('public.match_authorization'), access.bind_table('public.match_signature', 'matter_id', 'read'), access.bind_table('public.match_run'),
    access.bind_table('public.match_hit'), access.bind_table('public.match_reveal'), access.bind_table('public.match_verdict'),
    access.bind_table('public.match_conversion'), access.bind_table('public.match_correction');
-- what was signed, found, seen and judged is only ever added to
revoke update on public.match_authorization, public.match_signature, public.match_hit, public.match_reveal, public.match_verdict, public.match_conversion from {web}, {job};

create function access.match_scope(m bigint, scope_kind text, programme text) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- whether a matter may be matched: from preliminary verification on, a filed case, or an approved programme with its document
    select exists (select 1 from public.matter x where x.id = m and x.status = 'open' and coalesce(cardinality(x.stages), 0) > 0 and
        case when scope_kind = 'case' then
                  (x.kind = 'lead' and x.stages && array['checking', 'check_result', 'case_running']::varchar[])
               or (x.kind in ('case', 'joint_case') and exists (select 1 from public.approval a where a.matter_id = m and a.state in ('approved', 'used')))
             else programme <> '' and x.kind in ('joint_check', 'campaign', 'campaign_topic', 'sweep', 'inspection_round')
                  and exists (select 1 from public.approval a where a.matter_id = m and a.state in ('approved', 'used')) end) $$;

create function access.match_authorization_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- proposed by who says so, with an impact assessment and an approved scope; afterwards only its state changes, and only forward
begin
    if tg_op = 'INSERT' then
        if new.state <> 'waiting' or new.proposed_by_id is distinct from (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
        if btrim(new.assessment) = '' then raise exception 'matching needs an impact assessment' using errcode = 'check_violation'; end if;
        if not access.match_scope(new.matter_id, new.kind, btrim(new.programme_document)) then raise exception 'matching needs an approved scope' using errcode = 'check_violation'; end if;
        return new;
    end if;
    if (to_jsonb(new) - array['state', 'destroyed', 'destroyed_at']) <> (to_jsonb(old) - array['state', 'destroyed', 'destroyed_at']) then
        raise exception 'an authorization is not rewritten' using errcode = 'check_violation';
    end if;
    if new.state <> old.state and not ((old.state, new.state) in (('waiting', 'in_force'), ('waiting', 'expired'), ('in_force', 'expired'), ('in_force', 'exhausted'),
            ('exhausted', 'expired'), ('expired', 'destroyed'))) then raise exception 'an authorization does not go back' using errcode = 'check_violation'; end if;
    if new.state = 'in_force' and (select count(distinct s.person_id) from public.match_signature s where s.authorization_id = new.id and s.digest = new.digest) < 2 then
        raise exception 'an authorization needs two persons' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger gate before insert or update on public.match_authorization for each row execute function access.match_authorization_gate();

create function access.match_signature_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a leader of the owning body, who neither proposed nor operates, signs exactly this document
declare a public.match_authorization; t timestamptz := access.now();
begin
    select * into a from public.match_authorization where id = new.authorization_id for update;
    if a.id is null or a.matter_id <> new.matter_id or new.person_id is distinct from (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if a.state <> 'waiting' or a.digest <> new.digest then raise exception 'this authorization is not waiting for a signature' using errcode = 'check_violation'; end if;
    if new.person_id = a.proposed_by_id or a.operators ? new.person_id::text then raise exception 'who proposes or operates does not sign' using errcode = 'check_violation'; end if;
    if not exists (select 1 from public.posting p join public.office o on o.id = p.office_id join public.matter m on m.id = a.matter_id
                   where p.person_id = new.person_id and p.body_id = m.owner_body_id and o.code in ('head', 'deputy', 'room_head') and p.confirmed_by_id is not null
                     and p.starts_at <= t and (p.ends_at is null or t < p.ends_at)) then
        raise exception 'a leader of the owning body signs' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger gate before insert on public.match_signature for each row execute function access.match_signature_gate();
create function access.match_signed() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if (select count(distinct s.person_id) from public.match_signature s where s.authorization_id = new.authorization_id) >= 2 then
        update public.match_authorization set state = 'in_force' where id = new.authorization_id and state = 'waiting';
    end if;
    return null;
end $$;
create trigger signed after insert on public.match_signature for each row execute function access.match_signed();

create function access.match_run_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- no job without assessment, approved scope, two signatures, time and budget; a run that ended stays as it ended
declare a public.match_authorization; t timestamptz := access.now();
begin
    if new.person_id is distinct from (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if tg_op = 'UPDATE' then
        if old.state <> 'running' or (to_jsonb(new) - array['state', 'result', 'engine_run', 'said_zh', 'said_en', 'finished_at'])
                <> (to_jsonb(old) - array['state', 'result', 'engine_run', 'said_zh', 'said_en', 'finished_at']) then
            raise exception 'a run is not rewritten' using errcode = 'check_violation';
        end if;
        return new;
    end if;
    if new.state = 'refused' then return new; end if;
    select * into a from public.match_authorization where id = new.authorization_id for update;
    if a.id is null or a.matter_id <> new.matter_id or new.state <> 'running' then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if btrim(a.assessment) = '' then raise exception 'matching needs an impact assessment' using errcode = 'check_violation'; end if;
    if not access.match_scope(a.matter_id, a.kind, btrim(a.programme_document)) then raise exception 'matching needs an approved scope' using errcode = 'check_violation'; end if;
    if a.state <> 'in_force' or (select count(distinct s.person_id) from public.match_signature s where s.authorization_id = a.id and s.digest = a.digest) < 2 then
        raise exception 'an authorization needs two persons' using errcode = 'check_violation';
    end if;
    if t < a.starts_at or t >= a.ends_at then raise exception 'the authorization has expired' using errcode = 'check_violation'; end if;
    if not a.operators ? new.person_id::text then raise exception 'no operator of this authorization' using errcode = 'check_violation'; end if;
    if (select count(*) from public.match_run r where r.authorization_id = a.id and r.state <> 'refused') >= a.runs then
        raise exception 'the runs of the authorization are used up' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger gate before insert or update on public.match_run for each row execute function access.match_run_gate();

create function access.match_own_act() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- what hangs on a hit is on the hit's matter, and whoever did it is who says so
begin
    if new.person_id is distinct from (access.who()).person or not exists (select 1 from public.match_hit h where h.id = new.hit_id and h.matter_id = new.matter_id) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger own_act before insert on public.match_reveal for each row execute function access.match_own_act();
create trigger own_act before insert on public.match_verdict for each row execute function access.match_own_act();
create trigger own_act before insert on public.match_conversion for each row execute function access.match_own_act();
create trigger own_act before insert on public.match_correction for each row execute function access.match_own_act();
alter table public.match_verdict add constraint match_verdict_reason check (verdict = 'open' or btrim(reason) <> '');

create function access.match_hit_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- hits are laid down by the run that found them, while it runs
begin
    if not exists (select 1 from public.match_run r where r.id = new.run_id and r.matter_id = new.matter_id and r.state = 'running' and r.person_id = (access.who()).person) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger gate before insert on public.match_hit for each row execute function access.match_hit_gate();

create function access.match_conversion_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- one hit, its newest verdict by a person is true, one lead that says it came from a model
begin
    if not exists (select 1 from public.match_verdict v where v.id = new.verdict_id and v.hit_id = new.hit_id and v.verdict = 'true'
                   and not exists (select 1 from public.match_verdict n where n.hit_id = v.hit_id and n.id <> v.id and n.at > v.at))
       or not exists (select 1 from public.match_hit h join public.match_run r on r.id = h.run_id join public.match_authorization a on a.id = r.authorization_id
                      where h.id = new.hit_id and a.digest = new.authorization_digest)
       or not exists (select 1 from public.matter m where m.id = new.lead_id and m.kind = 'lead' and m.source = 'model') or new.evidence in ('{}', 'null') then
        raise exception 'a hit becomes a lead only after a person judged it true' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger gate before insert on public.match_conversion for each row execute function access.match_conversion_gate();

create function access.model_lead_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the other side of the same gate: at commit no lead says it came from a model without the hit a person judged.
-- Leads of old ledgers, brought in by an import, were registered before this platform and carry their batch instead.
declare imported boolean := false;
begin
    if exists (select 1 from public.match_conversion c where c.lead_id = new.id) then return null; end if;
    if to_regclass('public.imported_matter') is not null then
        execute 'select exists (select 1 from public.imported_matter i where i.matter_id = $1)' into imported using new.id;
    end if;
    if not imported then raise exception 'a hit becomes a lead only after a person judged it true' using errcode = 'check_violation'; end if;
    return null;
end $$;
create constraint trigger model_lead after insert on public.matter deferrable initially deferred for each row when (new.kind = 'lead' and new.source = 'model')
    execute function access.model_lead_gate();

create function access.match_outcomes() returns table (model varchar, judged bigint, true_hits bigint, not_true bigint, data_error bigint, open_hits bigint)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- how often each model was right, over all matters: counts only, and from five judged hits on, so that none points at a matter (ours)
    select l.model, count(*) filter (where l.verdict <> 'open'), count(*) filter (where l.verdict = 'true'), count(*) filter (where l.verdict = 'not_true'),
           count(*) filter (where l.verdict = 'data_error'), count(*) filter (where l.verdict = 'open')
    from (select distinct on (v.hit_id) h.model, v.verdict from public.match_verdict v join public.match_hit h on h.id = v.hit_id order by v.hit_id, v.at desc, v.id desc) l
    where (select (access.who()).person) is not null group by l.model having count(*) filter (where l.verdict <> 'open') >= 5 $$;

create function access.match_expire() returns table (code varchar) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the sweeper: what has ended is expired; returns the authorizations whose keeping is over and whose data must go
declare t timestamptz := access.now();
begin
    update public.match_authorization a set state = 'expired' where a.state in ('waiting', 'in_force', 'exhausted') and a.ends_at <= t;
    return query select a.code from public.match_authorization a where a.state = 'expired' and a.keep_until < (t at time zone 'Asia/Shanghai')::date;
end $$;
create function access.match_destroyed(what text, record jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the sweeper, after the engine destroyed its files: hits lose their content, verdicts and counts stay
declare a public.match_authorization; t timestamptz := access.now();
begin
    select * into a from public.match_authorization x where x.code = what and x.state = 'expired' and x.keep_until < (t at time zone 'Asia/Shanghai')::date for update;
    if a.id is null then return; end if;
    update public.match_hit h set told_zh = '', told_en = '', evidence = '{}', causes = '[]' from public.match_run r where r.id = h.run_id and r.authorization_id = a.id;
    update public.match_authorization set state = 'destroyed', destroyed_at = t, destroyed = record where id = a.id;
end $$;
revoke all on function access.match_scope(bigint, text, text), access.match_outcomes(), access.match_expire(), access.match_destroyed(text, jsonb), access.match_authorization_gate(),
    access.match_signature_gate(), access.match_signed(), access.match_run_gate(), access.match_own_act(), access.match_hit_gate(), access.match_conversion_gate(), access.model_lead_gate() from public;
grant execute on function access.match_outcomes() to {web}, {job};
grant execute on function access.match_expire(), access.match_destroyed(text, jsonb) to {sweeper};
select access.settle();
