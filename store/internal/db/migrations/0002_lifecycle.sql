-- The life of accounts, memberships and organizations: suspension, ends,
-- ownership, deletion with a time to restore.

-- num is the row's number in the text index. name_norm and text repeat what
-- memberships have, for the list of all users: every user has a membership of
-- at least the personal workspace.
ALTER TABLE users ADD COLUMN num            BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN name_norm      TEXT   NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN text           TEXT   NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN suspended_at   BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN suspended_by   TEXT   NOT NULL DEFAULT ''; -- address
ALTER TABLE users ADD COLUMN suspend_reason TEXT   NOT NULL DEFAULT '';
UPDATE users SET num = x.n FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) AS x WHERE users.id = x.id;
UPDATE users SET
  name_norm = coalesce((SELECT m.name_norm FROM memberships m WHERE m.user_id = users.id LIMIT 1), ''),
  text      = coalesce((SELECT m.text      FROM memberships m WHERE m.user_id = users.id LIMIT 1), '');
CREATE UNIQUE INDEX users_num ON users (num);
CREATE INDEX users_name       ON users (name_norm, id);
CREATE INDEX users_seen       ON users (last_seen_at, id);
-- The few who are site admins or suspended may be far apart in these.
CREATE INDEX users_admins          ON users (email_norm)       WHERE site_admin = 1;
CREATE INDEX users_admins_name     ON users (name_norm, id)    WHERE site_admin = 1;
CREATE INDEX users_admins_seen     ON users (last_seen_at, id) WHERE site_admin = 1;
CREATE INDEX users_admins_id       ON users (id)               WHERE site_admin = 1;
CREATE INDEX users_suspended       ON users (email_norm)       WHERE status = 'suspended';
CREATE INDEX users_suspended_name  ON users (name_norm, id)    WHERE status = 'suspended';
CREATE INDEX users_suspended_seen  ON users (last_seen_at, id) WHERE status = 'suspended';
CREATE INDEX users_suspended_id    ON users (id)               WHERE status = 'suspended';

-- made_by is who gave out a code for somebody else, '' for one's own.
ALTER TABLE pairings ADD COLUMN made_by TEXT NOT NULL DEFAULT '';

-- One primary owner: a column of the organization cannot hold two. name_norm
-- and text are filled in by the program, which knows how text is compared.
ALTER TABLE organizations ADD COLUMN primary_owner TEXT   NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN deleted_by    TEXT   NOT NULL DEFAULT ''; -- address
ALTER TABLE organizations ADD COLUMN members       BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN name_norm     TEXT   NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN text          TEXT   NOT NULL DEFAULT '';
UPDATE organizations SET
  primary_owner = coalesce((SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.org_id = organizations.id AND m.role_order = 1 AND m.status = 'active' AND u.status = 'active'
    ORDER BY m.joined_at, m.user_id LIMIT 1), ''),
  members = coalesce((SELECT sum(n) FROM member_counts c WHERE c.org_id = organizations.id), 0);
CREATE INDEX organizations_code    ON organizations (code_norm)     WHERE kind = 'shared';
CREATE INDEX organizations_name    ON organizations (name_norm, id) WHERE kind = 'shared';
CREATE INDEX organizations_members ON organizations (members, id)   WHERE kind = 'shared';
CREATE INDEX organizations_deleted ON organizations (deleted_at)    WHERE deleted_at > 0;

-- account repeats the status of the user, shared the kind of the organization.
ALTER TABLE memberships ADD COLUMN account        TEXT   NOT NULL DEFAULT 'active';
ALTER TABLE memberships ADD COLUMN shared         BIGINT NOT NULL DEFAULT 1;
ALTER TABLE memberships ADD COLUMN ends_at        BIGINT NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN suspended_at   BIGINT NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN suspended_by   TEXT   NOT NULL DEFAULT ''; -- address
ALTER TABLE memberships ADD COLUMN suspend_reason TEXT   NOT NULL DEFAULT '';
UPDATE memberships SET account = 'suspended' WHERE user_id IN (SELECT id FROM users WHERE status = 'suspended');
UPDATE memberships SET shared = 0 WHERE org_id IN (SELECT id FROM organizations WHERE kind = 'personal');
CREATE INDEX memberships_shared   ON memberships (role_order)      WHERE shared = 1;
CREATE INDEX account_email ON memberships (org_id, email_norm, user_id)   WHERE account = 'suspended';
CREATE INDEX account_name  ON memberships (org_id, name_norm, user_id)    WHERE account = 'suspended';
CREATE INDEX account_seen  ON memberships (org_id, last_seen_at, user_id) WHERE account = 'suspended';
CREATE INDEX account_id    ON memberships (org_id, user_id)               WHERE account = 'suspended';
CREATE INDEX memberships_ends     ON memberships (ends_at)         WHERE ends_at > 0;
CREATE INDEX memberships_ends_org ON memberships (org_id, ends_at) WHERE ends_at > 0;

CREATE INDEX former_members_list ON former_members (org_id, removed_at, user_id);
CREATE INDEX former_members_user ON former_members (user_id);

-- Nominations of members to take an owner's place. An owner has one open.
CREATE TABLE transfers (
  id           TEXT PRIMARY KEY,
  org_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  from_id      TEXT NOT NULL,
  nominee_id   TEXT NOT NULL,
  nominated_by TEXT NOT NULL, -- address
  status       TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'declined', 'cancelled', 'expired', 'void')),
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  closed_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX transfers_open    ON transfers (org_id, from_id) WHERE status = 'pending';
CREATE INDEX        transfers_nominee ON transfers (nominee_id, status);
CREATE INDEX        transfers_expiry  ON transfers (expires_at)      WHERE status = 'pending';

-- Numbers of users and shared organizations, since a screen never counts rows.
CREATE TABLE installation_counts (
  name TEXT PRIMARY KEY,
  n    BIGINT NOT NULL CHECK (n >= 0)
);
INSERT INTO installation_counts (name, n) SELECT 'users', count(*) FROM users;
INSERT INTO installation_counts (name, n) SELECT 'organizations', count(*) FROM organizations WHERE kind = 'shared' AND deleted_at = 0;
INSERT INTO installation_counts (name, n) SELECT 'organizations_deleted', count(*) FROM organizations WHERE kind = 'shared' AND deleted_at > 0;
