SELECT row_ref AS row_ref, ocid AS ocid, body AS body FROM release ORDER BY row_ref
