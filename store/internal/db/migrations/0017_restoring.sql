-- What restoring somebody who was taken out brings back beside their role: a
-- suspension, an end that was set, and their workspaces.
ALTER TABLE former_members ADD COLUMN status TEXT NOT NULL DEFAULT 'active';
ALTER TABLE former_members ADD COLUMN suspended_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE former_members ADD COLUMN suspended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE former_members ADD COLUMN suspend_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE former_members ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;

-- Names are kept to say what could not be brought back, when it is gone.
CREATE TABLE former_workspaces (
  org_id       TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  name         TEXT NOT NULL,
  role_order   BIGINT NOT NULL,
  custom_role  TEXT NOT NULL, -- id, '' for a built-in one
  role_name    TEXT NOT NULL,
  PRIMARY KEY (org_id, user_id, workspace_id),
  FOREIGN KEY (org_id, user_id) REFERENCES former_members (org_id, user_id) ON DELETE CASCADE
);

-- The latest time at which anything was written down. When the clock is found to
-- have gone back behind it, what had expired by then is written down as expired,
-- which is counted, so that of several processes one does it.
CREATE TABLE clock (
  one    BIGINT PRIMARY KEY CHECK (one = 1),
  latest BIGINT NOT NULL,
  turns  BIGINT NOT NULL
);
INSERT INTO clock (one, latest, turns) VALUES (1, 0, 0);
