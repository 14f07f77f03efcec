-- What a person pressed is his own, for two days.
select access.desk_table('public.press', 'person_id');
select access.settle();
