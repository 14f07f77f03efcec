-- The world of the figures, made set by set: :n matters, 5 grants each, 200 bodies, 1,000 rooms, 5,000 persons.
-- Numbers: bodies 1001–1200, rooms 2001–3000, persons 10001–15000, offices of body leaders 4001–4200, area offices 5001–5020,
-- the province's office 6001. Person 10001 holds n/10 grants in his own name. A third of the matters is open.
set session_replication_role = replica;
select setseed(0.4711);
insert into body (id, code, kind, rank, name_zh, name_en, short_zh, short_en, division_code, sector, document_mark, initials, sort_key, valid_from)
select i, 'b' || i, 'commission', 'county', '机构' || i, 'body', '', '', '990000', '', '', '{}', '', '2020-01-01' from generate_series(1001, 1200) i;
insert into room (id, body_id, kind, name_zh, name_en, valid_from)
select i, 1001 + (i - 2001) / 5, 'supervision', '室', 'room', '2020-01-01' from generate_series(2001, 3000) i;
insert into office (id, body_id, code, title_zh, title_en, valid_from)
select i, i - 3000, 'head', '主要负责人', 'head', '2020-01-01' from generate_series(4001, 4200) i;
insert into office (id, body_id, code, title_zh, title_en, valid_from)
select i, 1001 + (i - 5001) * 10, 'deputy', '片区', 'area', '2020-01-01' from generate_series(5001, 5020) i;
insert into office (id, body_id, code, title_zh, title_en, valid_from) values (6001, 1001, 'deputy', '省级', 'province', '2020-01-01');
insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account)
select i, '某' || i, '', '{}', '', '', '', 2, true, true from generate_series(10001, 15000) i;
insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy)
select p, 1001 + b, 2001 + b * 5 + (p % 5),
       case when (p - 10001) % 25 = 24 then 4001 + b when (p - 10001) % 25 = 23 and b % 10 = 0 then 5001 + b / 10 end,
       'regular', '2020-01-01', p, '', false
from (select p, (p - 10001) / 25 as b from generate_series(10001, 15000) p) x;
-- personas that sit nowhere else: province (its office only), outsider (a body without matters), the heavy holder
update posting set office_id = 6001, room_id = null where person_id = 10002;
insert into body (id, code, kind, rank, name_zh, name_en, short_zh, short_en, division_code, sector, document_mark, initials, sort_key, valid_from)
values (1999, 'b1999', 'unit', 'none', '外单位', 'outsider', '', '', '990000', '', '', '{}', '', '2020-01-01');
update posting set body_id = 1999, room_id = null, office_id = null where person_id = 10003;

create temp table one as
select (('x' || substr(md5(i::text || 'm'), 1, 15))::bit(60)::bigint | 2305843009213693952) as id, i,
       1001 + (random() * 199)::int as body, (random() * 4)::int as seat, (random() * 24)::int as hand, random() as r1, random() as r2, random() as r3, random() as r4,
       substr('王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈', 1 + (random() * 49)::int, 1)
       || substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏飞辉玲梅琴云浩波宇轩欣怡宁雪慧晨阳博文斌', 1 + (random() * 47)::int, 1)
       || case when random() < .6 then substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏飞辉玲梅琴云浩波宇轩欣怡宁雪慧晨阳博文斌', 1 + (random() * 47)::int, 1) else '' end as name
from generate_series(1, :n) i;
insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
select ('x' || substr(md5(o.id::text || g.k || g.p), 1, 15))::bit(60)::bigint | 2305843009213693952, o.id, g.p, g.k, g.a, case when o.r3 < .003 then now() + interval '3 days' else now() - interval '60 days' end,
       case when o.r3 > .99 then now() - interval '1 day' else now() + interval '300 days' end, 'basis', '', 1, now()
from one o cross join lateral (values
    (case when i % 10 = 0 then 10001 else 10001 + (body - 1001) * 25 + hand end, 'handler', '{read,write,grant,handover,close,export,note}'::varchar[]),
    (2001 + (body - 1001) * 5 + seat, 'handler', '{read,write,note}'::varchar[]),
    (4001 + (body - 1001), 'leader', '{read,approve,note}'::varchar[]),
    (case when r1 < .5 then 6001 else 10001 + (r2 * 4999)::int end, 'approver', '{read,approve}'::varchar[]),
    (case when r2 < .4 then 5001 + (body - 1001) / 10 else 10001 + (r4 * 4999)::int end, 'reviewer', '{read,note}'::varchar[])) g(p, k, a)
where g.p not in (10003);
insert into recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason)
select access.new_id(), id, 10001 + (r4 * 4999)::int, 'kin', true, 'in_force', now() - interval '30 days', '9999-01-01+00', '' from one where r1 between .2 and .22;
insert into compartment (id, code, name) select i, 'k' || i, '隔离组' from generate_series(1, 5) i;
insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, owner_room_id, level, status, stages, series, number, urgent, source,
                    source_grade, opened_at, close_kind, row_version, acl, deny, comps, sure_until, grams, next_due)
select o.id, 'lead', 1, repeat('a', 64), '关于' || name || '的问题线索', repeat('摘要', 20), body, 2001 + (body - 1001) * 5 + seat, case when r2 > .97 then 3 else (r2 * 2)::int end,
       case when i % 3 = 0 then 'open' else 'closed' end, '{assess}', '', '', false, '', '', now() - r3 * interval '900 days', '', 1,
       c.acl, c.deny, case when r4 > .99 then array[1 + (r3 * 4)::int] else '{}' end, c.sure_until,
       array(select distinct substr(t, k, 2) from (select '关于' || name || '的问题线索' as t) x, generate_series(1, length(t) - 1) k),
       case when i % 3 = 0 then date_trunc('minute', now() + r1 * interval '200 days' - interval '20 days') end
from one o cross join lateral access.caches(o.id, now()) c;
insert into matter_work (principal, next_due, matter_id)
select p, coalesce(next_due, '9999-01-01+00'), id from matter, unnest(acl) p where status = 'open';
reset session_replication_role;
