-- Which organization a session shows, '' for none: who else is here.
ALTER TABLE sessions ADD COLUMN org_id TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_org ON sessions (org_id, user_id);
