-- So do those of all users.
UPDATE users SET num = -num;
UPDATE users SET num = x.num FROM (
  SELECT id, row_number() OVER (ORDER BY email_norm) * (4294967295 / (count(*) OVER () + 1)) AS num FROM users) AS x
  WHERE users.id = x.id;
