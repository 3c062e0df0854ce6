-- When somebody first signed in with a key, or added it in a session or with a
-- code that it opened; 0 for one that was only pasted.
ALTER TABLE user_keys ADD COLUMN proven_at BIGINT NOT NULL DEFAULT 0;
UPDATE user_keys SET proven_at = added_at WHERE last_used_at <> 0;
