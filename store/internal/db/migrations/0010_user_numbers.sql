-- So do those of all users, from 2^62 on.
UPDATE users SET num = -num;
UPDATE users SET num = x.num FROM (
  SELECT id, 4611686018427387904 + row_number() OVER (ORDER BY email_norm) * (4294967295 / (count(*) OVER () + 1)) AS num FROM users) AS x
  WHERE users.id = x.id;
