-- One text: why the alert `p` opened.
SELECT 'renews in ' || (p.metrics_snapshot ->> 'days_until_renewal') || ' days'
