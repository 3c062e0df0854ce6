-- Join links, limits on inviting, reminders, and the daily numbers behind
-- statistics and charts. A day is counted in days since 1970, UTC.

-- pending_at is when an invitation first became pending. remind_at is when its
-- reminder is due: 0 for none, -1 once it was sent.
ALTER TABLE invitations ADD COLUMN pending_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN remind_at BIGINT NOT NULL DEFAULT 0;
UPDATE invitations SET pending_at = CASE WHEN decided_at > created_at AND state_order <> 7 THEN decided_at ELSE created_at END
  WHERE expires_at > 0;
UPDATE invitations SET remind_at = expires_at - (expires_at - pending_at) / 4
  WHERE state_order = 2 AND expires_at - pending_at >= 86400000000;
CREATE INDEX invitations_remind ON invitations (remind_at) WHERE remind_at > 0;

CREATE TABLE join_links (
  id            TEXT PRIMARY KEY,
  org_id        TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  label         TEXT NOT NULL,
  role_order    BIGINT NOT NULL CHECK (role_order BETWEEN 2 AND 4),
  max_uses      BIGINT NOT NULL CHECK (max_uses >= 1),
  uses          BIGINT NOT NULL CHECK (uses >= 0 AND uses <= max_uses),
  code_hash     TEXT NOT NULL UNIQUE,
  creator_id    TEXT NOT NULL,
  creator_name  TEXT NOT NULL,
  creator_email TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  last_used_at  BIGINT NOT NULL,
  revoked_at    BIGINT NOT NULL,
  revoked_by    TEXT NOT NULL, -- address
  UNIQUE (org_id, id)
);
CREATE INDEX join_links_creator ON join_links (org_id, creator_id, id);

-- How many invitations somebody sent, an organization sent, and an address got,
-- on one day. Days that are over are deleted.
CREATE TABLE invitation_quotas (
  day   BIGINT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('inviter', 'organization', 'recipient')),
  key   TEXT NOT NULL,
  n     BIGINT NOT NULL,
  PRIMARY KEY (day, scope, key)
);

-- Mails about an invitation other than the invitation itself, which is in the
-- outbox.
CREATE TABLE notices (
  org_id        TEXT NOT NULL,
  invitation_id TEXT NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('reminder', 'accepted')),
  state         TEXT NOT NULL CHECK (state IN ('none', 'queued', 'sent', 'failed', 'stopped')),
  due_at        BIGINT NOT NULL, -- while a worker holds it, the end of the lease
  claim         BIGINT NOT NULL,
  attempts      BIGINT NOT NULL,
  error         TEXT NOT NULL,
  PRIMARY KEY (invitation_id, kind),
  FOREIGN KEY (org_id, invitation_id) REFERENCES invitations (org_id, id) ON DELETE CASCADE
);
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'queued';

-- For filters of the log: by what a thing is called, and by who was acted for.
CREATE INDEX audit_label  ON audit (org_id, target_label, seq);
CREATE INDEX audit_behalf ON audit (org_id, on_behalf_of, seq) WHERE on_behalf_of <> '';

-- What people did, by day and action.
CREATE TABLE activity_days (
  org_id TEXT NOT NULL, -- empty for the installation
  day    BIGINT NOT NULL,
  kind   TEXT NOT NULL, -- the action, as in the log, or 'joined'
  n      BIGINT NOT NULL,
  PRIMARY KEY (org_id, day, kind)
);
INSERT INTO activity_days (org_id, day, kind, n)
  SELECT org_id, at / 86400000000, action, count(*) FROM audit
  WHERE outcome = 'done' AND via <> 'system' GROUP BY org_id, at / 86400000000, action;

-- Who became a member has a word of its own, since there are several actions
-- for it. Those who left since are not known any more.
INSERT INTO activity_days (org_id, day, kind, n)
  SELECT org_id, joined_at / 86400000000, 'joined', count(*) FROM memberships GROUP BY org_id, joined_at / 86400000000;

-- Where the invitations stand that became pending on a day.
CREATE TABLE invitation_days (
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  day         BIGINT NOT NULL,
  state_order BIGINT NOT NULL,
  n           BIGINT NOT NULL CHECK (n >= 0),
  PRIMARY KEY (org_id, day, state_order)
);
INSERT INTO invitation_days (org_id, day, state_order, n)
  SELECT org_id, pending_at / 86400000000, state_order, count(*) FROM invitations
  WHERE pending_at > 0 GROUP BY org_id, pending_at / 86400000000, state_order;

-- How long invitations that became pending on a day waited for being accepted:
-- seconds, rounded down to two digits (models.RoundWait).
CREATE TABLE invitation_waits (
  org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  day    BIGINT NOT NULL,
  wait   BIGINT NOT NULL,
  n      BIGINT NOT NULL CHECK (n >= 0),
  PRIMARY KEY (org_id, day, wait)
);
INSERT INTO invitation_waits (org_id, day, wait, n)
  SELECT org_id, day,
    CASE WHEN s < 100 THEN s WHEN s < 1000 THEN s / 10 * 10 WHEN s < 10000 THEN s / 100 * 100 WHEN s < 100000 THEN s / 1000 * 1000
      WHEN s < 1000000 THEN s / 10000 * 10000 ELSE s / 100000 * 100000 END AS wait, count(*)
  FROM (SELECT org_id, pending_at / 86400000000 AS day, (closed_at - pending_at) / 1000000 AS s FROM invitations
    WHERE state_order = 4 AND pending_at > 0 AND closed_at >= pending_at) w
  GROUP BY org_id, day, wait;
