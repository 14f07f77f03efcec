-- A sheet inherits from every matter in it: whoever lost one of them since (recused, revoked, a posting ended) reads the sheet no more, whichever way
-- he asks. Until now only the service that hands it out counted them; a session's own SELECT did not.
drop policy own on public.register_export_sheet;
create policy own on public.register_export_sheet for select to {web}, {job}
    using (access.export_live(export_id) and (select count(*) from public.matter m where m.id = any (matters)) = cardinality(matters));
