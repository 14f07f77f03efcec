-- An answer kept for a repeated request inherits from the matters it tells of: whoever lost one of them since is answered as if it never was, by the
-- repetition as by a SELECT of his session. Until now the kept words were handed out for a day whatever became of the right.
drop policy own on public.api_answer;
create policy own on public.api_answer to {web}
    using (token_id = (select access.client())
           and (select count(*) from public.matter m where m.id in (select x::bigint from jsonb_array_elements_text(coalesce(headers->'matters', '[]')) x)) = jsonb_array_length(coalesce(headers->'matters', '[]')))
    with check (token_id = (select access.client()));
