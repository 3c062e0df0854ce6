-- Whether the code of a pairing leaves by mail: 0 for no, 1 once it is due, 2 once a
-- mail server took it. Then who has it reads the mail of that address.
ALTER TABLE pairings ADD COLUMN mailed BIGINT NOT NULL DEFAULT 0;
