-- Keys of the app that somebody has bound for themselves, as JSON by the action,
-- '' for none.
ALTER TABLE users ADD COLUMN bindings TEXT NOT NULL DEFAULT '';
