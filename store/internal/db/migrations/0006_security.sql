-- The second factor of a user. secret is sealed with a key that is derived from
-- the file beside the database; confirmed_at is 0 until a first code has shown
-- that an authenticator app has it. last_step is the time step of the newest
-- code that was taken, which no code may be older than or equal to.
CREATE TABLE second_factors (
  user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret       TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  last_step    BIGINT NOT NULL,
  locked_until BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
  hash    TEXT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, hash)
);

-- Wrong codes, until they are too old to count.
CREATE TABLE second_factor_failures (
  user_id TEXT NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
  at      BIGINT NOT NULL
);
CREATE INDEX second_factor_failures_user ON second_factor_failures (user_id, at);

-- Where a code was given: for one key, from one address.
CREATE TABLE second_factor_sessions (
  user_id TEXT NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
  key     TEXT NOT NULL REFERENCES user_keys (fingerprint) ON DELETE CASCADE,
  address TEXT NOT NULL,
  until   BIGINT NOT NULL,
  PRIMARY KEY (user_id, key, address)
);
CREATE INDEX second_factor_sessions_until ON second_factor_sessions (until);
CREATE INDEX second_factor_sessions_key   ON second_factor_sessions (key);
