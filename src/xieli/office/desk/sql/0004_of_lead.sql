-- The evidence of a hit goes with the lead that a person made of it: who is in the lead's circle reads it there, also where the
-- check that found it is not open to him. The hit itself, its run and its authorization stay with the check's own circle.
create policy of_lead on public.match_conversion for select to {web}, {job} using (exists (select 1 from public.matter m where m.id = lead_id));
