-- Which organization a session shows, '' for none: who else is here.
ALTER TABLE sessions ADD COLUMN org_id TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_org ON sessions (org_id, user_id);

-- How somebody wants the app, '' for as the installation says.
ALTER TABLE users ADD COLUMN theme         TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN mouse         TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN notifications TEXT NOT NULL DEFAULT '';
