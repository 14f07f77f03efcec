-- Two gates that stood in the services only, now in the database as well: nobody is sanctioned unheard, whichever
-- connection makes the step; and an imported ledger draws its numbers from its own body's series.

create function access.was_told(m bigint, what text) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- notice_and_hearing: a form's last revision says when he was heard; remedies: the sheet was handed over, or he was heard and no notice is owed
    with said as (
        select exists (select 1 from (select distinct on (f.form) f.data from public.form_submission f where f.matter_id = m order by f.form, f.revision desc) last
                       where coalesce(last.data->>'heard_on', '') <> '' or coalesce(last.data->>'hearing_on', '') <> '') as heard,
               exists (select 1 from public.rights_sheet s where s.matter_id = m and s.given_at is not null) as sheet,
               exists (select 1 from public.measure_notice n where n.matter_id = m and n.given_at is null and n.exception_approval is null) as owed)
    select case what when 'notice_and_hearing' then heard when 'rights_sheet' then sheet when 'remedies' then sheet or (heard and not owed) else false end from said $$;
create function access.rights_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the published move names what must have been told (政务处分法 43, 45); one of its alternatives must hold, whoever moved it
declare found jsonb;
begin
    select x->'when' into found from public.matter mm join public.playbook_version v on v.code = mm.kind and v.version = mm.playbook_version,
           jsonb_array_elements(v.content->'moves') x where mm.id = new.matter_id and x->>'code' = new.move;
    if found is null or not found @? '$[*][*].rights' then return null; end if;
    if not exists (select 1 from jsonb_array_elements(found) alternative where not exists (
            select 1 from jsonb_array_elements(alternative) guard where guard ? 'rights' and not access.was_told(new.matter_id, guard->'rights'->>'told'))) then
        raise exception 'what the person must be told first was not told' using errcode = 'check_violation', hint = 'guard_rights';
    end if;
    return null;
end $$;
-- at the end of the transaction: a decider's form is written with his step, after it
create constraint trigger rights after insert on public.matter_move deferrable initially deferred
    for each row when (new.from_stage <> '') execute function access.rights_gate();

alter function access.post_ledger(bigint, jsonb, jsonb) rename to post_ledger_rows;
revoke all on function access.post_ledger_rows(bigint, jsonb, jsonb) from public, {web}, {job};
create function access.post_ledger(batch bigint, head jsonb, entries jsonb) returns bigint[]
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the counter and the form of the numbers are those that the playbook publishes for this body, as next_number has them
declare own jsonb; b public.body;
begin
    select * into b from public.body where id = (head->>'owner_body')::integer;
    select s into own from public.playbook_version v, jsonb_array_elements(v.content->'series') s
        where v.code = head->>'kind' and v.version = (head->>'playbook_version')::integer and head->>'number_key' = (s->>'code') || ':' || b.id;
    if own is null or coalesce(head->>'series', '') not in ('', own->>'code') or head->>'number_pattern' is distinct from
            replace(replace(replace(replace(replace(own->>'pattern', '{mark}', coalesce(nullif(b.document_mark, ''), nullif(b.short_zh, ''), b.name_zh)), '{body}', b.code),
                    '{body_mark}', coalesce(nullif(b.document_mark, ''), b.short_zh)), '{number}', '{n}'), '{seq}', '{n}') then
        raise exception 'no such series' using errcode = 'check_violation';
    end if;
    return access.post_ledger_rows(batch, head, entries);
end $$;
revoke all on function access.was_told(bigint, text), access.rights_gate(), access.post_ledger(bigint, jsonb, jsonb) from public;
grant execute on function access.post_ledger(bigint, jsonb, jsonb) to {web}, {job};
select access.settle();
