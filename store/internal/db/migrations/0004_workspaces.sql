-- members and projects are counters of the rows below, since a list never
-- counts rows.
CREATE TABLE workspaces (
  id          TEXT PRIMARY KEY,
  org_id      TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  name_norm   TEXT NOT NULL,
  description TEXT NOT NULL,
  text        TEXT NOT NULL, -- what a search looks through
  members     BIGINT NOT NULL CHECK (members >= 0),
  projects    BIGINT NOT NULL CHECK (projects >= 0),
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX workspaces_name ON workspaces (org_id, name_norm);

CREATE TABLE workspace_counts (
  org_id TEXT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
  n      BIGINT NOT NULL CHECK (n >= 0)
);

-- The address is repeated for the order of the list; the reference keeps it the
-- same as that of the membership.
CREATE UNIQUE INDEX memberships_address ON memberships (org_id, user_id, email_norm);

-- role_order is 1 for admin to 3 for viewer. It means nothing where there is a
-- custom role, which nobody deletes while somebody has it.
CREATE TABLE workspace_members (
  org_id       TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  email_norm   TEXT NOT NULL,
  role_order   BIGINT NOT NULL CHECK (role_order BETWEEN 1 AND 3),
  custom_role  TEXT, -- id
  added_at     BIGINT NOT NULL,
  added_by     TEXT NOT NULL, -- address
  PRIMARY KEY (org_id, workspace_id, user_id),
  FOREIGN KEY (org_id, workspace_id) REFERENCES workspaces (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, custom_role) REFERENCES custom_roles (org_id, id),
  FOREIGN KEY (org_id, user_id, email_norm) REFERENCES memberships (org_id, user_id, email_norm) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX workspace_members_list ON workspace_members (org_id, workspace_id, email_norm, user_id);
CREATE INDEX workspace_members_user ON workspace_members (org_id, user_id, email_norm, workspace_id);
CREATE INDEX workspace_members_role ON workspace_members (org_id, custom_role, user_id) WHERE custom_role IS NOT NULL;

CREATE TABLE projects (
  id           TEXT PRIMARY KEY,
  org_id       TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  name         TEXT NOT NULL,
  name_norm    TEXT NOT NULL,
  description  TEXT NOT NULL,
  environment  TEXT NOT NULL,
  text         TEXT NOT NULL,
  created_by   TEXT NOT NULL, -- address
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  FOREIGN KEY (org_id, workspace_id) REFERENCES workspaces (org_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX projects_name ON projects (org_id, workspace_id, name_norm);

-- Where an invitation leads. A workspace that is deleted takes its rows along. A
-- custom role may be deleted once the invitation is closed, so it is no reference.
CREATE TABLE invitation_workspaces (
  org_id        TEXT NOT NULL,
  invitation_id TEXT NOT NULL,
  workspace_id  TEXT NOT NULL,
  role_order    BIGINT NOT NULL CHECK (role_order BETWEEN 1 AND 3),
  custom_role   TEXT NOT NULL, -- id, or empty
  PRIMARY KEY (org_id, invitation_id, workspace_id),
  FOREIGN KEY (org_id, invitation_id) REFERENCES invitations (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, workspace_id) REFERENCES workspaces (org_id, id) ON DELETE CASCADE
);
CREATE INDEX invitation_workspaces_workspace ON invitation_workspaces (org_id, workspace_id);
CREATE INDEX invitation_workspaces_role      ON invitation_workspaces (org_id, custom_role) WHERE custom_role <> '';

-- Which workspace somebody chose last in an organization.
CREATE TABLE current_workspaces (
  org_id       TEXT NOT NULL,
  user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  PRIMARY KEY (org_id, user_id),
  FOREIGN KEY (org_id, workspace_id) REFERENCES workspaces (org_id, id) ON DELETE CASCADE
);
CREATE INDEX current_workspaces_workspace ON current_workspaces (org_id, workspace_id);
CREATE INDEX current_workspaces_user      ON current_workspaces (user_id);

-- Every organization that is there gets the workspace it would have started
-- with. Its id is made from that of the organization, which is as unique.
INSERT INTO workspaces (id, org_id, name, name_norm, description, text, members, projects, created_at, updated_at)
  SELECT 'wsp_' || substr(id, 5), id, 'General', 'general', '', 'general', 0, 0, created_at, created_at FROM organizations;
INSERT INTO workspace_counts (org_id, n) SELECT id, 1 FROM organizations;
