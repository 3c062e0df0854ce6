-- A key that nobody has proven may stand in several accounts: anybody can paste a
-- public key. Proven, it is in one.
CREATE TABLE user_keys_next (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  fingerprint  TEXT NOT NULL,
  type         TEXT NOT NULL,
  wire         TEXT NOT NULL, -- base64
  label        TEXT NOT NULL,
  added_at     BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  proven_at    BIGINT NOT NULL
);
INSERT INTO user_keys_next (id, user_id, fingerprint, type, wire, label, added_at, last_used_at, proven_at)
  SELECT id, user_id, fingerprint, type, wire, label, added_at, last_used_at, proven_at FROM user_keys;
CREATE UNIQUE INDEX user_keys_claim ON user_keys_next (fingerprint, user_id);
CREATE UNIQUE INDEX user_keys_proven ON user_keys_next (fingerprint) WHERE proven_at > 0;

CREATE TABLE second_factor_sessions_next (
  user_id TEXT NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
  key     TEXT NOT NULL,
  address TEXT NOT NULL,
  until   BIGINT NOT NULL,
  PRIMARY KEY (user_id, key, address),
  FOREIGN KEY (key, user_id) REFERENCES user_keys_next (fingerprint, user_id) ON DELETE CASCADE
);
INSERT INTO second_factor_sessions_next (user_id, key, address, until)
  SELECT s.user_id, s.key, s.address, s.until FROM second_factor_sessions s JOIN user_keys k ON k.fingerprint = s.key AND k.user_id = s.user_id;
DROP TABLE second_factor_sessions;
DROP TABLE user_keys;
ALTER TABLE user_keys_next RENAME TO user_keys;
ALTER TABLE second_factor_sessions_next RENAME TO second_factor_sessions;
CREATE INDEX user_keys_user ON user_keys (user_id, added_at);
CREATE INDEX second_factor_sessions_until ON second_factor_sessions (until);
CREATE INDEX second_factor_sessions_key   ON second_factor_sessions (key, user_id);

-- What somebody is told at their next sign-in.
CREATE TABLE user_notices (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX user_notices_user ON user_notices (user_id, created_at);

-- Whether any organization requires a second factor is asked of site admins.
CREATE INDEX settings_two_factor ON settings (value) WHERE key = 'security.two_factor';
