-- Times are microseconds since 1970 in UTC; 0 where there is none. Columns that
-- end in _norm hold the form in which text is compared. Whatever belongs to an
-- organization carries its id, and references carry it too, so that no row can
-- point into another tenant.

CREATE TABLE users (
  id             TEXT PRIMARY KEY,
  email          TEXT NOT NULL,
  email_norm     TEXT NOT NULL UNIQUE,
  email_verified BIGINT NOT NULL,
  name           TEXT NOT NULL,
  handle         TEXT NOT NULL UNIQUE,
  site_admin     BIGINT NOT NULL,
  status         TEXT NOT NULL,
  current_org    TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  last_seen_at   BIGINT NOT NULL
);

CREATE TABLE user_keys (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  fingerprint  TEXT NOT NULL UNIQUE,
  type         TEXT NOT NULL,
  wire         TEXT NOT NULL, -- base64
  label        TEXT NOT NULL,
  added_at     BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL
);
CREATE INDEX user_keys_user ON user_keys (user_id, added_at);

CREATE TABLE pairings (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash  TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL
);
CREATE INDEX pairings_user ON pairings (user_id);

CREATE TABLE organizations (
  id          TEXT PRIMARY KEY,
  num         BIGINT NOT NULL UNIQUE, -- the upper half of its rows' numbers in the text index
  next_row    BIGINT NOT NULL,        -- the lower half of the next one
  code        TEXT NOT NULL,
  code_norm   TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  accent      TEXT NOT NULL,
  badge       TEXT NOT NULL,
  motd        TEXT NOT NULL,
  plan        TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('shared', 'personal')),
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  deleted_at  BIGINT NOT NULL
);

CREATE TABLE settings (
  org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  key    TEXT NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (org_id, key)
);

-- role_order is 1 for owner to 4 for viewer. email, name, handle, their
-- normalised forms and last_seen_at repeat what the user has, so that a page of
-- members is a range of one index and reads no other table.
CREATE TABLE memberships (
  num          BIGINT NOT NULL UNIQUE,
  org_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role_order   BIGINT NOT NULL CHECK (role_order BETWEEN 1 AND 4),
  status       TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  joined_at    BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  invited_by   TEXT NOT NULL, -- address
  email        TEXT NOT NULL,
  email_norm   TEXT NOT NULL,
  name         TEXT NOT NULL,
  name_norm    TEXT NOT NULL,
  handle       TEXT NOT NULL,
  text         TEXT NOT NULL, -- what a search looks through
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_user   ON memberships (user_id);
CREATE INDEX memberships_handle ON memberships (org_id, handle);
-- One for each sort,
CREATE INDEX memberships_email  ON memberships (org_id, email_norm, user_id);
CREATE INDEX memberships_name   ON memberships (org_id, name_norm, user_id);
CREATE INDEX memberships_role   ON memberships (org_id, role_order, email_norm, user_id);
CREATE INDEX memberships_status ON memberships (org_id, status, email_norm, user_id);
CREATE INDEX memberships_joined ON memberships (org_id, joined_at, user_id);
CREATE INDEX memberships_seen   ON memberships (org_id, last_seen_at, user_id);
-- and for each within a role and among the few who are suspended, who may be
-- far apart in the others.
CREATE INDEX memberships_role_name   ON memberships (org_id, role_order, name_norm, user_id);
CREATE INDEX memberships_role_status ON memberships (org_id, role_order, status, email_norm, user_id);
CREATE INDEX memberships_role_joined ON memberships (org_id, role_order, joined_at, user_id);
CREATE INDEX memberships_role_seen   ON memberships (org_id, role_order, last_seen_at, user_id);
CREATE INDEX suspended_name   ON memberships (org_id, name_norm, user_id) WHERE status = 'suspended';
CREATE INDEX suspended_role   ON memberships (org_id, role_order, email_norm, user_id) WHERE status = 'suspended';
CREATE INDEX suspended_joined ON memberships (org_id, joined_at, user_id) WHERE status = 'suspended';
CREATE INDEX suspended_seen   ON memberships (org_id, last_seen_at, user_id) WHERE status = 'suspended';

CREATE TABLE member_counts (
  org_id     TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  role_order BIGINT NOT NULL,
  status     TEXT NOT NULL,
  n          BIGINT NOT NULL CHECK (n >= 0),
  PRIMARY KEY (org_id, role_order, status)
);

-- Who was taken out, so that an administrator can bring them back.
CREATE TABLE former_members (
  org_id     TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id    TEXT NOT NULL,
  role_order BIGINT NOT NULL,
  joined_at  BIGINT NOT NULL,
  invited_by TEXT NOT NULL,
  removed_at BIGINT NOT NULL,
  removed_by TEXT NOT NULL, -- user id
  PRIMARY KEY (org_id, user_id)
);

-- state_order is the rank of models.InvitationStates. list_at orders within a
-- state: the time for requests, its negative for all others.
CREATE TABLE invitations (
  id            TEXT PRIMARY KEY,
  num           BIGINT NOT NULL UNIQUE,
  org_id        TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  email         TEXT NOT NULL,
  email_norm    TEXT NOT NULL,
  name          TEXT NOT NULL,
  role_order    BIGINT NOT NULL CHECK (role_order BETWEEN 1 AND 4),
  asked_role    BIGINT NOT NULL, -- role_order as asked for, for undo
  state_order   BIGINT NOT NULL CHECK (state_order BETWEEN 1 AND 8),
  list_at       BIGINT NOT NULL,
  origin        TEXT NOT NULL CHECK (origin IN ('invite', 'join_request')),
  message       TEXT NOT NULL,
  inviter_id    TEXT NOT NULL,
  inviter_name  TEXT NOT NULL,
  inviter_email TEXT NOT NULL,
  applicant_key TEXT NOT NULL, -- fingerprint of the stranger who asked to join
  decider_id    TEXT NOT NULL,
  decided_by    TEXT NOT NULL, -- address
  decided_at    BIGINT NOT NULL,
  undo_until    BIGINT NOT NULL,
  reason        TEXT NOT NULL,
  ttl           BIGINT NOT NULL, -- microseconds; 0 for the organization's setting
  generation    BIGINT NOT NULL,
  code_hash     TEXT UNIQUE,
  code_read     BIGINT NOT NULL, -- whether somebody looked the code up, so that having it proves no address
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  closed_at     BIGINT NOT NULL,
  accepted_by   TEXT NOT NULL,
  text          TEXT NOT NULL,
  UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX invitations_open ON invitations (org_id, email_norm) WHERE state_order <= 2;
CREATE INDEX invitations_list    ON invitations (org_id, state_order, list_at, id);
CREATE INDEX invitations_inviter ON invitations (org_id, inviter_id, state_order, list_at, id);
CREATE INDEX invitations_email   ON invitations (email_norm, state_order);
CREATE INDEX invitations_expiry  ON invitations (org_id, expires_at) WHERE state_order = 2;

-- Every try to ask for membership, by user id or fingerprint of a key, whatever
-- came of it: a limit that counted only those that were recorded would tell
-- which organizations exist.
CREATE TABLE join_attempts (
  applicant TEXT NOT NULL,
  at        BIGINT NOT NULL
);
CREATE INDEX join_attempts_applicant ON join_attempts (applicant, at);
CREATE INDEX join_attempts_at        ON join_attempts (at);

CREATE TABLE invitation_counts (
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  state_order BIGINT NOT NULL,
  n           BIGINT NOT NULL CHECK (n >= 0),
  PRIMARY KEY (org_id, state_order)
);

-- One row per invitation that has or had a mail. The text is made when it
-- leaves, so that no code is ever stored.
CREATE TABLE outbox (
  org_id        TEXT NOT NULL,
  invitation_id TEXT PRIMARY KEY,
  state         TEXT NOT NULL CHECK (state IN ('none', 'queued', 'sent', 'failed', 'stopped')),
  due_at        BIGINT NOT NULL, -- when it leaves; while a worker has it, when another one may take it
  claim         BIGINT NOT NULL, -- counts claims, so that a late answer changes nothing
  attempts      BIGINT NOT NULL,
  error         TEXT NOT NULL,
  asked_at      BIGINT NOT NULL,
  sent_at       BIGINT NOT NULL,
  FOREIGN KEY (org_id, invitation_id) REFERENCES invitations (org_id, id) ON DELETE CASCADE
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'queued';

-- The log outlives what it speaks of, so it has no references.
CREATE TABLE audit (
  org_id       TEXT NOT NULL, -- empty for the installation's own chain
  seq          BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  actor_id     TEXT NOT NULL,
  actor_email  TEXT NOT NULL,
  acting_as    TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  action       TEXT NOT NULL,
  target_type  TEXT NOT NULL,
  target_id    TEXT NOT NULL,
  target_label TEXT NOT NULL,
  before       TEXT NOT NULL,
  after        TEXT NOT NULL,
  outcome      TEXT NOT NULL,
  reason       TEXT NOT NULL,
  via          TEXT NOT NULL,
  address      TEXT NOT NULL,
  key          TEXT NOT NULL,
  prev_hash    TEXT NOT NULL,
  hash         TEXT NOT NULL,
  PRIMARY KEY (org_id, seq)
);
CREATE INDEX audit_actor  ON audit (org_id, actor_id, seq);
CREATE INDEX audit_target ON audit (org_id, target_id, seq);
CREATE INDEX audit_action ON audit (org_id, action, seq);

CREATE TABLE audit_heads (
  org_id TEXT PRIMARY KEY,
  seq    BIGINT NOT NULL,
  hash   TEXT NOT NULL
);

-- What changed last, by topic: organization and user ids. Other processes read
-- from here which screens to refresh.
CREATE TABLE changes (
  topic TEXT PRIMARY KEY,
  seq   BIGINT NOT NULL
);
CREATE INDEX changes_seq ON changes (seq);

CREATE TABLE sessions (
  id          TEXT PRIMARY KEY,
  user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  via         TEXT NOT NULL,
  address     TEXT NOT NULL,
  key         TEXT NOT NULL,
  since       BIGINT NOT NULL,
  process     TEXT NOT NULL,
  alive_until BIGINT NOT NULL
);
CREATE INDEX sessions_user    ON sessions (user_id);
CREATE INDEX sessions_process ON sessions (process);
