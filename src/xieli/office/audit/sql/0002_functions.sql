-- Writing an act. The caller gives verb, fields, matters and personal parts as data; actor, session, capacity, process, time and identity are
-- filled in here from the binding, and the canonical bytes are composed here, so no process can put words between them.

-- RFC 8785 of a jsonb value without fractions. Keys of events are ASCII (audit.write checks), so byte order is UTF-16 order.
create function audit.canonical(j jsonb) returns text language plpgsql immutable strict set search_path = pg_catalog as $$
declare n numeric; made text;
begin
    case jsonb_typeof(j)
    when 'object' then
        select string_agg(to_json(key)::text || ':' || audit.canonical(value), ',' order by key collate "C") into made from jsonb_each(j);
        return '{' || coalesce(made, '') || '}';
    when 'array' then
        select string_agg(audit.canonical(value), ',' order by ordinality) into made from jsonb_array_elements(j) with ordinality;
        return '[' || coalesce(made, '') || ']';
    when 'string' then
        return to_json(j #>> '{}')::text;
    when 'number' then
        n := j::numeric;
        if n <> trunc(n) or abs(n) > 9007199254740991 then
            raise exception '数字须为整数 / a number in an event is whole: %', j using errcode = 'check_violation';
        end if;
        return trunc(n)::bigint::text;
    else
        return j::text;
    end case;
end $$;

-- whether a value is of the kind that a verb's field asks for
create function audit.fits(v jsonb, spec jsonb) returns boolean language plpgsql immutable set search_path = pg_catalog as $$
begin
    if (spec->>'many')::boolean then
        return jsonb_typeof(v) = 'array'
            and not exists (select 1 from jsonb_array_elements(v) x where not coalesce(audit.fits(x, spec || '{"many": false}'), false));
    end if;
    case spec->>'kind'
    when 'int' then
        return jsonb_typeof(v) = 'number' and v::numeric = trunc(v::numeric) and abs(v::numeric) <= 9007199254740991;
    when 'bool' then
        return jsonb_typeof(v) = 'boolean';
    else
        return jsonb_typeof(v) = 'string' and char_length(v #>> '{}') <= 4000
            and (spec->>'kind' = 'text' or (v #>> '{}') ~ ('^(?:' || (spec->>'pattern') || ')$'));
    end case;
end $$;

-- HMAC-SHA-256 with a 32-byte key (RFC 2104), from what stock PostgreSQL has
create function audit.hmac(k bytea, message bytea) returns bytea language sql immutable strict set search_path = pg_catalog as $$
    select sha256(substr(varbit_send((pad # repeat('01011100', 64)::bit(512))::varbit), 5)
                  || sha256(substr(varbit_send((pad # repeat('00110110', 64)::bit(512))::varbit), 5) || message))
    from (select ('x' || encode(k, 'hex') || repeat('00', 32))::bit(512) as pad) padded where length(k) = 32 $$;

create function audit.refuse(zh text, en text) returns void language plpgsql set search_path = pg_catalog as $$
begin
    raise exception '未记录：% / Not recorded: %', zh, en using errcode = 'check_violation',
        hint = '办理本身也未生效 / the act itself was not carried out either';
end $$;

create function audit.write(verb_name text, payload jsonb, about bigint[], parts jsonb, inside boolean) returns uuid
    language plpgsql volatile security definer set search_path = pg_catalog as $$
declare
    v audit.verb; a record; t timestamptz := access.now(); u uuid := gen_random_uuid();
    k text; x jsonb; ids bigint[]; salts bytea[] := '{}'; names text[] := '{}'; words text[] := '{}';
    salt bytea; sealed text := ''; canon bytea; new_id bigint;
begin
    select * into v from audit.verb where name = verb_name;
    if v.name is null then perform audit.refuse(format('没有登记动词“%s”', verb_name), format('the verb “%s” is not registered', verb_name)); end if;
    if v.internal and not inside then perform audit.refuse(format('“%s”只由系统记录', verb_name), format('“%s” is recorded by the system only', verb_name)); end if;
    select * into a from access.actor();
    -- web acts with a bound session or not at all; sign-in, jobs, sweeper and sealer have acts of their own
    if a.person is null and session_user = trim(both '"' from '{web}') then
        perform audit.refuse('没有登录会话', 'there is no bound session');
    end if;
    payload := coalesce(payload, '{}'); parts := coalesce(parts, '{}');
    if jsonb_typeof(payload) <> 'object' or jsonb_typeof(parts) <> 'object' then
        perform audit.refuse('项目须为对象', 'fields are an object');
    end if;
    for k, x in select * from jsonb_each(payload) loop
        if not v.fields ? k then perform audit.refuse(format('“%s”没有项目“%s”', verb_name, k), format('“%s” has no field “%s”', verb_name, k)); end if;
        if not coalesce(audit.fits(x, v.fields->k), false) then
            perform audit.refuse(format('“%s”的“%s”须为 %s', verb_name, k, v.fields->k->>'kind'), format('“%s” of “%s” must be of kind %s', k, verb_name, v.fields->k->>'kind'));
        end if;
    end loop;
    for k in select key from jsonb_each(v.fields) f where not (f.value->>'optional')::boolean and not payload ? f.key loop
        perform audit.refuse(format('“%s”缺少“%s”', verb_name, k), format('“%s” lacks “%s”', verb_name, k));
    end loop;
    for k, x in select * from jsonb_each(parts) order by key collate "C" loop
        if not k = any (v.personal) or jsonb_typeof(x) <> 'string' or char_length(x #>> '{}') > 4000 then
            perform audit.refuse(format('“%s”没有个人信息项“%s”', verb_name, k), format('“%s” has no personal part “%s”', verb_name, k));
        end if;
        salt := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
        sealed := sealed || case when sealed = '' then '' else ',' end || to_json(k)::text || ':"'
            || encode(audit.hmac(salt, convert_to(k, 'UTF8') || decode('00', 'hex') || convert_to(x #>> '{}', 'UTF8')), 'hex') || '"';
        salts := salts || salt; names := names || k; words := words || (x #>> '{}');
    end loop;
    ids := coalesce((select array_agg(distinct m order by m) from unnest(about) m where m is not null), '{}');

    -- a transaction number is taken before the event's number: the sealer's floor relies on this order (docs/decisions/ledger-sealer.md)
    perform pg_current_xact_id();
    canon := convert_to(
        '{"at":"' || to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","by":{"capacity":' || to_json(coalesce(a.capacity, ''))::text || ',"person":' || coalesce('"' || a.person || '"', 'null')
        || ',"process":' || to_json(coalesce(a.process, ''))::text || ',"session":' || coalesce('"' || a.session || '"', 'null')
        || '},"fields":' || audit.canonical(payload) || ',"id":"' || u
        || '","matters":[' || coalesce((select string_agg('"' || m || '"', ',' order by o) from unnest(ids) with ordinality as n(m, o)), '')
        || '],"personal":{' || sealed || '},"v":1,"verb":' || to_json(verb_name)::text || '}', 'UTF8');
    insert into audit.event (uuid, at, verb, person, session, capacity, process, purpose, matters, canon, leaf)
    values (u, t, verb_name, a.person, a.session, coalesce(a.capacity, ''), coalesce(a.process, ''), payload->>'purpose', ids, canon,
            sha256(decode('00', 'hex') || canon))
    returning id into new_id;
    insert into audit.event_matter (matter, event) select m, new_id from unnest(ids) m;
    insert into audit.personal (event, part, salt, value)
    select u, names[i], salts[i], words[i] from generate_subscripts(names, 1) i;
    return u;
end $$;

-- the one door for every process
create function audit.record(verb_name text, payload jsonb default '{}', about bigint[] default '{}', parts jsonb default '{}') returns uuid
    language sql volatile security definer set search_path = pg_catalog as
$$ select audit.write(verb_name, payload, about, parts, false) $$;

-- ── reading without content ────────────────────────────────────────────────────────────────────────────────────────
create function audit.holds(variadic codes text[]) returns boolean language sql stable security definer set search_path = pg_catalog as
$$ select exists (select 1 from public.office o where o.code = any (codes) and o.id = any ((access.who()).p)) $$;

-- "who has seen this": everyone who may read the matter sees who did what on it; the content only where every other matter of the event is open to him
create function audit.seen(m bigint, before timestamptz default null, at_most integer default 200)
    returns table (uuid uuid, at timestamptz, verb text, person bigint, capacity text, purpose text, canon bytea)
    language sql stable security definer set search_path = pg_catalog as $$
    select e.uuid, e.at, e.verb, e.person, e.capacity, e.purpose,
           case when not exists (select 1 from unnest(e.matters) x where x <> m and not access.may(x, 'read')) then e.canon end
    from audit.event_matter em join audit.event e on e.id = em.event
    where em.matter = m and (select access.may(m, 'read')) and (before is null or e.at < before)
    order by e.at desc, e.uuid limit least(at_most, 1000) $$;

-- the audit administrator's trail: who, what, when, on how many matters; no content, no matter
create function audit.trail(since timestamptz, until timestamptz, of_person bigint default null, of_verb text default null, at_most integer default 500)
    returns table (uuid uuid, at timestamptz, verb text, person bigint, session bigint, capacity text, process text, matters integer, sealed boolean)
    language sql stable security definer set search_path = pg_catalog as $$
    select e.uuid, e.at, e.verb, e.person, e.session, e.capacity, e.process, cardinality(e.matters),
           exists (select 1 from audit.leaf l where l.event = e.id)
    from audit.event e
    where (select audit.holds('audit_admin')) and e.at >= since and e.at < until
      and (of_person is null or e.person = of_person) and (of_verb is null or e.verb = of_verb)
    order by e.at desc, e.uuid limit least(at_most, 5000) $$;

-- the age of the oldest event that no seal covers; zero when all are sealed
create function audit.sealer_lag() returns interval language sql stable security definer set search_path = pg_catalog as $$
    select coalesce(greatest(access.now() - min(e.at), interval '0'), interval '0') from audit.event e
    where e.id > coalesce((select max(event) from audit.leaf), 0) - 10000 and not exists (select 1 from audit.leaf l where l.event = e.id) $$;
create function audit.open_alarms() returns table (id bigint, at timestamptz, kind text, zh text, en text)
    language sql stable security definer set search_path = pg_catalog as $$
    select a.id, a.at, a.kind, a.zh, a.en from audit.alarm a
    where a.closed_at is null and (session_user <> trim(both '"' from '{web}') or audit.holds('audit_admin', 'security_admin', 'system_admin')) order by a.id $$;

-- ── alarms ─────────────────────────────────────────────────────────────────────────────────────────────────────────
create function audit.raise_alarm(alarm_kind text, text_zh text, text_en text) returns boolean
    language plpgsql volatile security definer set search_path = pg_catalog as $$
-- One open alarm of a kind; the second is the same alarm. Also an event, so that closing it cannot unmake it.
begin
    insert into audit.alarm (at, kind, zh, en) values (access.now(), alarm_kind, text_zh, text_en)
    on conflict (kind) where closed_at is null do nothing;
    if not found then return false; end if;
    perform audit.write('audit.alarm', jsonb_build_object('kind', alarm_kind, 'zh', text_zh, 'en', text_en), '{}', '{}', true);
    return true;
end $$;
create function audit.close_alarm(alarm bigint, remark text) returns boolean
    language plpgsql volatile security definer set search_path = pg_catalog as $$
begin
    if not audit.holds('audit_admin') then
        raise exception '只有审计管理员可以关闭告警 / only the audit administrator closes an alarm' using errcode = 'insufficient_privilege';
    end if;
    update audit.alarm set closed_at = access.now(), closed_by = (access.who()).person where id = alarm and closed_at is null;
    if not found then return false; end if;
    perform audit.write('audit.alarm_closed', jsonb_build_object('alarm', alarm::text, 'remark', remark), '{}', '{}', true);
    return true;
end $$;

-- ── erasure by two persons ─────────────────────────────────────────────────────────────────────────────────────────
create function audit.order_erasure(of_event uuid, of_part text, on_basis text) returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog as $$
declare e audit.event; n bigint := access.new_id();
begin
    if not audit.holds('audit_admin') then
        raise exception '只有审计管理员可以提出删除 / only the audit administrator orders an erasure' using errcode = 'insufficient_privilege';
    end if;
    select * into e from audit.event where uuid = of_event;
    if not exists (select 1 from audit.personal p where p.event = of_event and p.part = of_part) then
        raise exception '没有这项个人信息，或已删除 / there is no such personal part, or it is erased already' using errcode = 'no_data_found';
    end if;
    insert into audit.erasure (id, event, part, basis, ordered_by, ordered_at)
    values (n, of_event, of_part, on_basis, (access.who()).person, access.now());
    perform audit.write('audit.erasure_ordered', jsonb_build_object('event', of_event::text, 'part', of_part, 'basis', on_basis), e.matters, '{}', true);
    return n;
end $$;
create function audit.approve_erasure(order_id bigint) returns void
    language plpgsql volatile security definer set search_path = pg_catalog as $$
declare o audit.erasure; e audit.event; me bigint := (access.who()).person;
begin
    if not audit.holds('audit_admin', 'security_admin', 'rights_officer') then
        raise exception '无权批准删除 / not entitled to approve an erasure' using errcode = 'insufficient_privilege';
    end if;
    select * into o from audit.erasure where id = order_id for update;
    if o.id is null or o.approved_by is not null then
        raise exception '没有待批准的决定 / there is no such order waiting' using errcode = 'no_data_found';
    end if;
    if o.ordered_by = me then
        raise exception '提出人不能自己批准 / whoever ordered it cannot approve it' using errcode = 'insufficient_privilege';
    end if;
    update audit.erasure set approved_by = me, approved_at = access.now() where id = order_id;
    delete from audit.personal where event = o.event and part = o.part;
    select * into e from audit.event where uuid = o.event;
    perform audit.write('audit.erased', jsonb_build_object('event', o.event::text, 'part', o.part, 'basis', o.basis, 'ordered_by', o.ordered_by::text), e.matters, '{}', true);
end $$;
create function audit.erasures_waiting() returns table (id bigint, event uuid, part text, basis text, ordered_by bigint, ordered_at timestamptz)
    language sql stable security definer set search_path = pg_catalog as $$
    select o.id, o.event, o.part, o.basis, o.ordered_by, o.ordered_at from audit.erasure o
    where o.approved_by is null and audit.holds('audit_admin', 'security_admin', 'rights_officer') order by o.ordered_at, o.id $$;

revoke all on all functions in schema audit from public;
grant execute on function audit.record(text, jsonb, bigint[], jsonb), audit.sealer_lag() to {roles};
grant execute on function audit.seen(bigint, timestamptz, integer), audit.close_alarm(bigint, text), audit.order_erasure(uuid, text, text),
    audit.approve_erasure(bigint), audit.erasures_waiting(), audit.holds(text[]),
    audit.trail(timestamptz, timestamptz, bigint, text, integer) to {web}, {job};
grant execute on function audit.open_alarms() to {web}, {job}, {sweeper}, {sealer}, {backup};
grant execute on function audit.raise_alarm(text, text, text) to {sealer}, {sweeper}, {job}, {door};
grant execute on function audit.canonical(jsonb), audit.fits(jsonb, jsonb), audit.hmac(bytea, bytea), audit.refuse(text, text) to {keeper};
select access.settle();
