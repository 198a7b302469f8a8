-- What is answered of a row `p` of the report.
p.report_date, p.academy_id, p.user_id, u.full_name, p.days_until_renewal, p.is_soon, p.mrr,
p.currency
