-- Of a writer of all academies: an id means what an academy's own writer calls so, where the row is
-- of that academy; else what every academy calls so, which is stored under the id alone.
UPDATE staged
SET id = known.id
FROM subscriptions AS known
WHERE strpos(known.id, chr(31)) > 0
    AND split_part(known.id, chr(31), 2) = staged.id
    AND known.academy_id = staged.academy_id
