-- What is answered beside a row `p` of the report.
LEFT JOIN churn_risk_reports AS yesterday
    ON yesterday.report_date = p.report_date - 1
    AND yesterday.academy_id = p.academy_id AND yesterday.user_id = p.user_id
    AND yesterday.report_date BETWEEN {first} - 1 AND {last} - 1
LEFT JOIN churn_risk_reports AS week
    ON week.report_date = p.report_date - 7
    AND week.academy_id = p.academy_id AND week.user_id = p.user_id
    AND week.report_date BETWEEN {first} - 7 AND {last} - 7
LEFT JOIN users AS u ON {people} AND u.id = p.user_id
