-- The numbers of members in the text index follow their addresses: within an
-- organization they are in the same order, evenly spaced.
UPDATE memberships SET num = -num;
UPDATE memberships SET num = x.num FROM (
  SELECT m.org_id, m.user_id, o.num * 4294967296
    + row_number() OVER (PARTITION BY m.org_id ORDER BY m.email_norm, m.user_id) * (4294967295 / (count(*) OVER (PARTITION BY m.org_id) + 1)) AS num
  FROM memberships m JOIN organizations o ON o.id = m.org_id) AS x
  WHERE memberships.org_id = x.org_id AND memberships.user_id = x.user_id;
