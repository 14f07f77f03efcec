-- Numbers that tell nothing (DESIGN §3): a running number stands only where the whole register is seen by who sees it. A receipt lies with
-- the sender, who does not see the receiver's register; a lead on a colleague must not leave a gap in the register that he does see.
create function access.scattered(series_name text, y integer, n integer) returns integer language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- A keyed permutation of the six-digit numbers (a Feistel network of six rounds, walked on until it lies in 100000..999999): never twice
-- in a series and a year, and without the installation's secret neither count nor order can be read from it.
declare x integer := n; l integer; r integer; t integer; k bytea; i integer;
begin
    if n < 0 or n > 899999 then raise exception 'the series is full' using errcode = 'check_violation'; end if;
    loop
        l := x / 1000; r := x % 1000;
        for i in 1 .. 6 loop
            k := access.keyed('number', convert_to(concat_ws(':', series_name, y, i, r), 'UTF8'));
            t := (l + get_byte(k, 0) * 65536 + get_byte(k, 1) * 256 + get_byte(k, 2)) % 1000;
            l := r; r := t;
        end loop;
        x := l * 1000 + r;
        if x >= 100000 then return x; end if;
    end loop;
end $$;
create or replace function access.next_number(series_name text, pattern text, m bigint) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- pattern holds {year} and {n}. The counter's row lock makes the series gap-free: a rolled-back use never happened.
-- Only series of the matter itself: those its playbook publishes and its letters, of its owner and its circles; and the
-- receiver's receipts, drawn by who hands the matter over. A receipt and the number of a matter on somebody who serves in its own body
-- are scattered: the count behind them is as free of gaps as any, what is printed tells neither count nor order.
declare y integer := extract(year from access.now() at time zone 'Asia/Shanghai'); n integer; txt text; mm public.matter; own text; wanted text := split_part(series_name, ':', 1); apart boolean := false;
begin
    select * into mm from public.matter where id = m;
    if (access.who()).person is null or mm.id is null
       or not (access.may(m, 'write') or access.may(m, 'handover') or access.may(m, 'export') or access.moved_now(m, 'write')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    own := ':' || mm.owner_body_id || case when mm.comps = '{}' then '' else ':' || array_to_string(mm.comps, ',') end;
    if position('{n}' in pattern) = 0 or not (case when wanted = 'receipt' and split_part(series_name, ':', 3) = '' and not exists (
                select 1 from public.playbook_version v where v.code = mm.kind and v.version = mm.playbook_version and v.content->'series' @> '[{"code": "receipt"}]')
            then access.may(m, 'handover') and exists (select 1 from public.body b where b.id::text = split_part(series_name, ':', 2) and b.valid_to is null)
        else series_name = wanted || own and (wanted = 'letter' or exists (
                select 1 from public.playbook_version v where v.code = mm.kind and v.version = mm.playbook_version and v.content->'series' @> jsonb_build_array(jsonb_build_object('code', wanted)))) end) then
        raise exception 'no such series' using errcode = 'check_violation';
    end if;
    if wanted = 'receipt' and split_part(series_name, ':', 3) = '' then
        apart := true;
    elsif exists (select 1 from public.recusal r join public.posting po on po.person_id = r.principal and po.body_id = mm.owner_body_id
                  where r.matter_id = m and r.automatic and r.state = 'in_force') then
        apart := true; series_name := series_name || ':apart';
    end if;
    insert into public.number_series as s (series, year, last) values (series_name, y, 1)
    on conflict (series, year) do update set last = s.last + 1 returning last into n;
    txt := replace(replace(pattern, '{year}', y::text), '{n}', (case when apart then access.scattered(series_name, y, n) else n end)::text);
    insert into public.number_use (id, series, year, number, text, matter_id, state, void_reason, at)
    values (access.new_id(), series_name, y, n, txt, m, 'used', '', access.now());
    return txt;
end $$;
-- the count behind a number is for the check of the series (`xieli verify`), never for a session
revoke select on public.number_use from {web}, {job};
grant select (id, series, year, text, matter_id, state, void_reason, at) on public.number_use to {web}, {job};
select access.settle();
revoke all on function access.scattered(text, integer, integer) from public;
