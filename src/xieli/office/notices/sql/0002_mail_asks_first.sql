-- Told are hundreds at once when a round of the sweeper raises alarms: whoever wants no mail costs one look, and no look at the clock.

create or replace function access.queue_mail() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s public.notice_setting; its_red boolean; waiting bigint;
begin
    select * into s from public.notice_setting where person_id = new.person_id and email_on and email <> '';
    if s.person_id is null or exists (select 1 from access.installation where mark = 'demo') then return null; end if;
    its_red := access.is_red(new.kind, new.fields);
    if new.read_at is not null and not its_red then return null; end if;
    select o.id into waiting from public.mail_out o where o.person_id = new.person_id and o.state = 'waiting' and o.attempts = 0 and o.red = its_red
        order by o.made_at limit 1 for update skip locked;
    if waiting is not null then
        update public.mail_out set number = number + 1 where id = waiting;
    else
        insert into public.mail_out (id, person_id, red, number, state, attempts, next_try, made_at, last_error)
        values (access.new_id(), new.person_id, its_red, 1, 'waiting', 0, access.mail_time(s, its_red, new.at), new.at, '');
    end if;
    return null;
end $$;
