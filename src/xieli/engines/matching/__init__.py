"""The data bridge as a library: data sets laid side by side under a written authorization, hits with their reasons.

    ws = Workspace.create(folder, by, now)
    import_dataset(ws, file, description, now=now, by=by)              received = accepted + quarantined
    sign(ws, document, person, key, now)                               twice, by two persons who are no operators
    run_model(ws, "A-1", "deceased_recipient", operator=who, now=now)  hits.jsonl and result.json in the run's folder
    reveal(ws, run, hit, by=who, reason=why, now=now)                  the second, recorded act
    judge(ws, run, hit, "true", by=who, reason=why, site=body, now=now)
    sweep(ws, by=who, now=now)                                         destroys what is due
    compute(releases)                                                  eleven procurement flags over OCDS

Everything is files; the time is handed in. Errors are MatchError (a sentence in Chinese and English).
"""
