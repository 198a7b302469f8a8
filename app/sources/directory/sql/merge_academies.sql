-- Takes over what `staged` tells of academies.
SELECT
    count(*) FILTER (WHERE known.id IS NULL) AS inserted,
    count(*) FILTER (WHERE (known.slug, known.name) <> (staged.slug, staged.name)) AS changed,
    count(*) FILTER (WHERE (known.slug, known.name) = (staged.slug, staged.name)) AS unchanged
FROM staged
LEFT JOIN academies AS known USING (id);

INSERT INTO academies AS known (id, slug, name)
SELECT id, slug, name FROM staged
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name
WHERE (known.slug, known.name) <> (excluded.slug, excluded.name)
