-- What is answered beside a row `p` of the report.
LEFT JOIN users AS u ON {people} AND u.id = p.user_id
