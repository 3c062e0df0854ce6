-- An address is unique only among those who have verified it, and what somebody
-- merely typed reserves nothing. The old column keeps its UNIQUE under another
-- name and holds what has to be unique: the address where it is verified, else
-- the id. email_lost is the address that somebody else has verified since, until
-- the account gets another one.
DROP INDEX users_admins;
DROP INDEX users_suspended;
ALTER TABLE users RENAME COLUMN email_norm TO email_key;
ALTER TABLE users ADD COLUMN email_norm TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN email_lost TEXT NOT NULL DEFAULT '';
UPDATE users SET email_norm = email_key;

-- A stranger typed the address of a request to join, so its code proved nothing.
UPDATE users SET email_verified = 0 WHERE email_verified = 1 AND site_admin = 0
  AND id IN (SELECT i.accepted_by FROM invitations i WHERE i.origin = 'join_request' AND i.inviter_id = '' AND i.email_norm = users.email_norm)
  AND id NOT IN (SELECT i.accepted_by FROM invitations i WHERE i.origin <> 'join_request' AND i.email_norm = users.email_norm);
UPDATE users SET email_key = id WHERE email_verified = 0;

CREATE INDEX users_email     ON users (email_norm, id);
CREATE INDEX users_admins    ON users (email_norm, id) WHERE site_admin = 1;
CREATE INDEX users_suspended ON users (email_norm, id) WHERE status = 'suspended';

-- Repeats what the user has.
ALTER TABLE memberships ADD COLUMN email_verified BIGINT NOT NULL DEFAULT 0;
UPDATE memberships SET email_verified = 1 WHERE user_id IN (SELECT id FROM users WHERE email_verified = 1);

-- typed is 1 where the person who asks to join gave the address. code_mailed is
-- whether the mail server took the code that is good now.
ALTER TABLE invitations ADD COLUMN typed       BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN code_mailed BIGINT NOT NULL DEFAULT 0;
UPDATE invitations SET typed = 1 WHERE origin = 'join_request' OR applicant_key <> '';
UPDATE invitations SET code_mailed = 1 WHERE id IN (SELECT invitation_id FROM outbox WHERE state = 'sent');

-- Nobody had verified the address of who acted; unknown, and so 0, before.
ALTER TABLE audit ADD COLUMN actor_unverified BIGINT NOT NULL DEFAULT 0;
