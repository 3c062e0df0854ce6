-- What a workspace is to members of the organization who were not added to it:
-- '' for nothing, else their role in it, 'editor' or 'viewer'.
ALTER TABLE workspaces ADD COLUMN open_role TEXT NOT NULL DEFAULT '';
CREATE INDEX workspaces_open ON workspaces (org_id) WHERE open_role <> '';

-- The workspace that an organization starts with is open from now on. One that
-- is there is opened only where that shows nobody anything: where it has no
-- projects, and where nobody chose who is in it.
UPDATE workspaces SET open_role = 'viewer' WHERE name_norm = 'general' AND members = 0 AND projects = 0
  AND org_id IN (SELECT id FROM organizations WHERE kind = 'shared')
  AND NOT EXISTS (SELECT 1 FROM invitation_workspaces i WHERE i.org_id = workspaces.org_id AND i.workspace_id = workspaces.id);
