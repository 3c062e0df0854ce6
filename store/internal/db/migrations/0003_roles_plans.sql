-- Roles that organizations made themselves. permissions holds their names with
-- a space between, in the order of the table in models; members counts who has
-- the role.
CREATE TABLE custom_roles (
  id          TEXT PRIMARY KEY,
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  scope       TEXT NOT NULL CHECK (scope IN ('organization', 'workspace')),
  name        TEXT NOT NULL,
  name_norm   TEXT NOT NULL,
  description TEXT NOT NULL,
  permissions TEXT NOT NULL,
  members     BIGINT NOT NULL CHECK (members >= 0),
  created_at  BIGINT NOT NULL,
  created_by  TEXT NOT NULL, -- address
  UNIQUE (org_id, id),
  UNIQUE (org_id, name_norm)
);

-- Who has a custom role; whoever is not here has the built-in one that
-- role_order says. With a custom role, role_order is what that counts as. A
-- role that somebody has cannot be deleted.
CREATE TABLE member_roles (
  org_id  TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  PRIMARY KEY (org_id, user_id),
  FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, role_id) REFERENCES custom_roles (org_id, id)
);
CREATE INDEX member_roles_role ON member_roles (org_id, role_id, user_id);

-- The custom role that an invitation gives, and the one it was asked for with;
-- empty for a built-in one. The names outlive the roles: an invitation that has
-- ended keeps no role from being deleted.
CREATE TABLE invitation_roles (
  org_id        TEXT NOT NULL,
  invitation_id TEXT PRIMARY KEY,
  role_id       TEXT NOT NULL,
  role_name     TEXT NOT NULL,
  asked_id      TEXT NOT NULL,
  asked_name    TEXT NOT NULL,
  FOREIGN KEY (org_id, invitation_id) REFERENCES invitations (org_id, id) ON DELETE CASCADE
);
CREATE INDEX invitation_roles_role ON invitation_roles (org_id, role_id, invitation_id);

-- The custom role that somebody had when they were taken out.
ALTER TABLE former_members ADD COLUMN custom_role TEXT NOT NULL DEFAULT '';
