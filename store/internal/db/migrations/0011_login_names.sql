-- The organization that somebody chose in a session, by the name that they had
-- signed in under (SHA-256, since a name may be a code that was typed there).
CREATE TABLE org_choices (
  user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  login     TEXT NOT NULL,
  org_id    TEXT NOT NULL,
  chosen_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, login)
);
-- Codes that once meant an organization to somebody: it was renamed or deleted,
-- or they left it. Such a name never stands for a choice.
CREATE TABLE past_codes (
  user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_norm TEXT NOT NULL,
  PRIMARY KEY (user_id, code_norm)
);
INSERT INTO past_codes (user_id, code_norm)
  SELECT f.user_id, o.code_norm FROM former_members f JOIN organizations o ON o.id = f.org_id JOIN users u ON u.id = f.user_id;
INSERT INTO past_codes (user_id, code_norm)
  SELECT m.user_id, o.code_norm FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE o.deleted_at > 0
  ON CONFLICT (user_id, code_norm) DO NOTHING;
