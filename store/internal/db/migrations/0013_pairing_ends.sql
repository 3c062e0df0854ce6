-- A code for a new machine ends with the key and the session that made it.
-- '' is for one made in a session that has none of them, or that ended at once.
ALTER TABLE pairings ADD COLUMN made_key TEXT NOT NULL DEFAULT '';
ALTER TABLE pairings ADD COLUMN session  TEXT NOT NULL DEFAULT '';
CREATE INDEX pairings_session ON pairings (session);
