-- Since when the keys of a member, and of an account, have counted without a
-- break; 0 where that is since the membership began.
ALTER TABLE memberships ADD COLUMN active_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users       ADD COLUMN active_since BIGINT NOT NULL DEFAULT 0;

-- The times in which a key counted for an organization and that are over. What
-- was signed in them stays good, so the key and its holder stay as they were.
CREATE TABLE ended_keys (
  org_id         TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id        TEXT NOT NULL, -- who may have been deleted since
  email          TEXT NOT NULL,
  email_verified BIGINT NOT NULL,
  handle         TEXT NOT NULL,
  fingerprint    TEXT NOT NULL,
  type           TEXT NOT NULL,
  wire           TEXT NOT NULL, -- base64
  label          TEXT NOT NULL,
  valid_from     BIGINT NOT NULL,
  valid_until    BIGINT NOT NULL,
  reason         TEXT NOT NULL,
  PRIMARY KEY (org_id, fingerprint, user_id, valid_until)
);

-- Keys whose private half may be in other hands, by the word of their holder or
-- of an administrator: nothing that they signed counts any more.
CREATE TABLE revoked_keys (
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  handle      TEXT NOT NULL,
  type        TEXT NOT NULL,
  wire        TEXT NOT NULL,
  reason      TEXT NOT NULL,
  revoked_at  BIGINT NOT NULL,
  revoked_by  TEXT NOT NULL, -- user id
  PRIMARY KEY (org_id, fingerprint)
);

-- The authority that signs the certificates of an organization. Its keys are
-- derived from the installation's secret, one for each generation.
CREATE TABLE ssh_authorities (
  org_id     TEXT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
  generation BIGINT NOT NULL,
  serial     BIGINT NOT NULL, -- of the last certificate
  kept_until BIGINT NOT NULL  -- until when the generation before is trusted
);

CREATE TABLE certificates (
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  serial      BIGINT NOT NULL,
  generation  BIGINT NOT NULL,
  user_id     TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  principals  TEXT NOT NULL, -- with a space between
  issued_at   BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  PRIMARY KEY (org_id, serial)
);
CREATE INDEX certificates_expire ON certificates (org_id, expires_at);
