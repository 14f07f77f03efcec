-- Files of a matter inherit its circle; a copy from another matter is seen by who sees both. Verdicts and flags go by a
-- function: one that finds an exhibit forged reaches matters that its finder cannot see.
select access.bind_table(('public.' || t)::regclass) from unnest(array['stored_file', 'custody_entry', 'exhibit_verdict', 'exhibit_use', 'file_check']) t;
drop policy need_to_know on public.stored_file;
create policy need_to_know on public.stored_file for select to {web}, {job} using (exists (select 1 from public.matter m where m.id = matter_id)
    and (source_matter_id is null or exists (select 1 from public.matter m where m.id = source_matter_id)));
-- what is said of a file is seen with the file
do $$ declare t text; begin
    foreach t in array array['custody_entry', 'exhibit_verdict', 'exhibit_use'] loop
        execute format('drop policy need_to_know on public.%I', t);
        execute format('create policy need_to_know on public.%I for select to {web}, {job} using (exists (select 1 from public.stored_file f where f.id = file_id))', t);
        execute format('drop policy add on public.%I', t);
        execute format('create policy add on public.%I for insert to {web}, {job} with check (access.may(matter_id, ''write'')'
            ' and exists (select 1 from public.stored_file f where f.id = file_id and f.matter_id = %I.matter_id))', t, t);
    end loop;
end $$;
drop policy add on public.stored_file;
create policy add on public.stored_file for insert to {web}, {job} with check (access.may(matter_id, 'write') and verdict = ''
    and (source_matter_id is null or access.may(source_matter_id, 'read')));
-- the receiver compares before he owns the matter
drop policy add on public.file_check;
create policy add on public.file_check for insert to {web}, {job} with check (access.may(matter_id, 'handover')
    and exists (select 1 from public.handover h where h.id = handover_id and h.matter_id = file_check.matter_id));
-- nothing that was stored or entered is rewritten
revoke update on public.stored_file, public.custody_entry, public.exhibit_verdict, public.exhibit_use, public.file_check from {web}, {job};
revoke insert on public.exhibit_verdict from {web}, {job};

create function access.file_digest(m bigint, sha bytea) returns bytea language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the address of a content in one matter; of another matter it is another, and nobody can compute it elsewhere
begin
    if (access.who()).person is null or not access.may(m, 'read') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    return access.keyed('file:' || m::text, sha);
end $$;

create function access.judge_exhibit(f bigint, its_verdict text, why text) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Relied on, excluded or forged. Found forged: whatever relies on it or on a copy of it is flagged, each matter concerned gets an
-- alarm and its handlers are told; a finding that is withdrawn clears the flags and leaves both on record. Returns how many.
declare w record := access.who(); t timestamptz := access.now(); sf public.stored_file; n integer := 0; mm bigint;
begin
    select * into sf from public.stored_file where id = f for update;
    if w.person is null or sf.id is null or not access.may(sf.matter_id, 'write')
       or (sf.source_matter_id is not null and not access.may(sf.source_matter_id, 'read')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if its_verdict is null or its_verdict not in ('relied_on', 'excluded', 'forged') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    if its_verdict <> 'relied_on' and length(coalesce(why, '')) < 4 then raise exception 'this verdict needs a reason' using errcode = 'check_violation'; end if;
    if its_verdict = sf.verdict then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    insert into public.exhibit_verdict (id, matter_id, file_id, verdict, reason, at, person_id) values (access.new_id(), sf.matter_id, f, its_verdict, coalesce(why, ''), t, w.person);
    update public.stored_file set verdict = its_verdict where id = f;
    if its_verdict = 'forged' then
        with recursive same as (select f as id union select c.id from public.stored_file c join same s on c.source_id = s.id)
        update public.exhibit_use u set flagged_at = t, cleared_at = null where u.file_id in (select id from same) and (u.flagged_at is null or u.cleared_at is not null);
        get diagnostics n = row_count;
        for mm in with recursive same as (select f as id union select c.id from public.stored_file c join same s on c.source_id = s.id)
                  select c.matter_id from public.stored_file c where c.id in (select id from same)
                  union select u.ref from public.exhibit_use u where u.file_id in (select id from same) and u.kind = 'matter' loop
            insert into public.alarm (id, matter_id, kind, level, raised_at, answer) values (access.new_id(), mm, 'forged_exhibit', 2, t, '');
            perform access.tell_offices(mm, array[(select owner_body_id from public.matter where id = mm)], array['head'], 'exhibit_forged', '{}');
        end loop;
    elsif sf.verdict = 'forged' then
        with recursive same as (select f as id union select c.id from public.stored_file c join same s on c.source_id = s.id)
        update public.exhibit_use u set cleared_at = t where u.file_id in (select id from same) and u.flagged_at is not null and u.cleared_at is null;
        get diagnostics n = row_count;
    end if;
    return n;
end $$;

create function access.cite_exhibit(f bigint, what text, thing bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- that an approval or outcome of the exhibit's own matter, or a matter that came from it, relies on it
declare w record := access.who(); sf public.stored_file; n integer;
begin
    select * into sf from public.stored_file where id = f;
    if w.person is null or sf.id is null or not (access.may(sf.matter_id, 'write') or access.moved_now(sf.matter_id, 'write'))
       or (sf.source_matter_id is not null and not access.may(sf.source_matter_id, 'read'))
       or not (case what when 'approval' then exists (select 1 from public.approval a where a.id = thing and a.matter_id = sf.matter_id)
                        when 'outcome' then exists (select 1 from public.outcome o where o.id = thing and o.matter_id = sf.matter_id)
                        when 'matter' then exists (select 1 from public.matter_link l where l.source_id = sf.matter_id and l.target_id = thing) and access.may(thing, 'read')
                        else false end) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.exhibit_use (id, matter_id, file_id, kind, ref, at, person_id, flagged_at)
    values (access.new_id(), sf.matter_id, f, what, thing, access.now(), w.person, case when sf.verdict = 'forged' then access.now() end)
    on conflict on constraint a_use_once do nothing;
    get diagnostics n = row_count;
    return n > 0;
end $$;
revoke insert on public.exhibit_use from {web}, {job};

-- the sweeper learns which addresses a row names, and nothing of the rows
create function access.known_files(digests bytea[]) returns setof bytea language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select digest from public.stored_file where digest = any (digests) $$;
-- the backup role recomputes addresses
create function access.file_address(m bigint, sha bytea) returns bytea language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select access.keyed('file:' || m::text, sha) $$;
revoke all on function access.file_digest(bigint, bytea), access.judge_exhibit(bigint, text, text), access.cite_exhibit(bigint, text, bigint),
    access.known_files(bytea[]), access.file_address(bigint, bytea) from public;
grant execute on function access.file_digest(bigint, bytea), access.judge_exhibit(bigint, text, text), access.cite_exhibit(bigint, text, bigint) to {web}, {job};
grant execute on function access.known_files(bytea[]) to {sweeper};
grant execute on function access.file_address(bigint, bytea) to {backup};
select access.settle();
