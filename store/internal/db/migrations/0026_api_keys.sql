-- API keys and service accounts, and what keys were used for.

-- A program with a role like a member's. It takes no seat.
CREATE TABLE service_accounts (
  id          TEXT PRIMARY KEY,
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  name_norm   TEXT NOT NULL,
  description TEXT NOT NULL,
  text        TEXT NOT NULL, -- what a search looks through
  role_order  BIGINT NOT NULL CHECK (role_order BETWEEN 2 AND 4),
  custom_role TEXT NOT NULL, -- id, '' for a built-in one
  status      TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
  creator_id  TEXT NOT NULL,
  created_by  TEXT NOT NULL, -- address
  created_at  BIGINT NOT NULL,
  UNIQUE (org_id, id),
  UNIQUE (org_id, name_norm)
);

-- The roles are built-in ones: 1 for admin to 3 for viewer.
CREATE TABLE service_workspaces (
  org_id       TEXT NOT NULL,
  service_id   TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  role_order   BIGINT NOT NULL CHECK (role_order BETWEEN 1 AND 3),
  PRIMARY KEY (org_id, service_id, workspace_id),
  FOREIGN KEY (org_id, service_id) REFERENCES service_accounts (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, workspace_id) REFERENCES workspaces (org_id, id) ON DELETE CASCADE
);
CREATE INDEX service_workspaces_workspace ON service_workspaces (org_id, workspace_id);

-- The id is the beginning of the secret, of which only the hash is kept. Workspace
-- and project are not references: a key for one that was deleted works nowhere.
CREATE TABLE api_keys (
  id           TEXT PRIMARY KEY,
  org_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  kind         TEXT NOT NULL CHECK (kind IN ('personal', 'organization', 'service')),
  label        TEXT NOT NULL,
  text         TEXT NOT NULL, -- what a search looks through
  hash         TEXT NOT NULL UNIQUE,
  owner_id     TEXT NOT NULL, -- user of a personal key, else ''
  service_id   TEXT, -- of a service account's key
  role_order   BIGINT NOT NULL CHECK (role_order BETWEEN 2 AND 4), -- of an organization's key
  custom_role  TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  project_id   TEXT NOT NULL,
  addresses    TEXT NOT NULL,
  rate         BIGINT NOT NULL CHECK (rate >= 0),
  creator_id   TEXT NOT NULL,
  created_by   TEXT NOT NULL, -- address
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL, -- 0 for never
  remind_at    BIGINT NOT NULL, -- 0 for no more reminders
  revoked_at   BIGINT NOT NULL,
  revoked_by   TEXT NOT NULL, -- address
  revoked_why  TEXT NOT NULL,
  replaced_by  TEXT NOT NULL, -- id of the next key
  CHECK ((kind = 'service') = (service_id IS NOT NULL)),
  CHECK ((kind = 'personal') = (owner_id <> '')),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, service_id) REFERENCES service_accounts (org_id, id) ON DELETE CASCADE
);
CREATE INDEX api_keys_list    ON api_keys (org_id, created_at, id);
CREATE INDEX api_keys_owner   ON api_keys (org_id, owner_id, created_at);
CREATE INDEX api_keys_service ON api_keys (org_id, service_id, created_at);
CREATE INDEX api_keys_creator ON api_keys (org_id, creator_id);
CREATE INDEX api_keys_remind  ON api_keys (remind_at) WHERE remind_at > 0;

-- Written behind. refused_at is the hour of the last entry of refused uses.
CREATE TABLE api_key_seen (
  org_id       TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  last_used_at BIGINT NOT NULL,
  address      TEXT NOT NULL,
  refused_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, key_id),
  FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE
);

-- What was used on a day, counted in days since 1970, UTC: by which key, and for
-- what. Written behind.
CREATE TABLE usage_days (
  org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  day    BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  kind   TEXT NOT NULL,
  uses   BIGINT NOT NULL,
  denied BIGINT NOT NULL,
  cost   BIGINT NOT NULL,
  PRIMARY KEY (org_id, day, key_id, kind)
);
CREATE INDEX usage_days_key ON usage_days (org_id, key_id, day);

-- The ledger of credits, by months since year 0, UTC.
CREATE TABLE credit_months (
  org_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  month  BIGINT NOT NULL,
  used   BIGINT NOT NULL,
  PRIMARY KEY (org_id, month)
);

-- Members can now make API keys, and admins look after all. Custom roles that could
-- do everything else that these do keep up with them, so that who has one can still
-- grant what they could.
UPDATE custom_roles SET permissions = permissions || ' api_keys.create'
  WHERE scope = 'organization' AND ' ' || permissions || ' ' LIKE '% invitations.create %';
UPDATE custom_roles SET permissions = permissions || ' api_keys.manage api_keys.verify'
  WHERE scope = 'organization' AND ' ' || permissions || ' ' LIKE '% api_keys.create %'
    AND ' ' || permissions || ' ' LIKE '% settings.change %' AND ' ' || permissions || ' ' LIKE '% members.manage %'
    AND ' ' || permissions || ' ' LIKE '% invitations.decide %' AND ' ' || permissions || ' ' LIKE '% workspaces.manage %'
    AND ' ' || permissions || ' ' LIKE '% audit.read %';
