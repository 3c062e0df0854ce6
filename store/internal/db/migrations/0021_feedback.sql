-- What the person concerned is told: by whom, in which organization and why. A
-- notice that they have not read by mail_at leaves by mail; ref is what it is
-- taken back by, such as an invitation whose decision is undone.
ALTER TABLE user_notices ADD COLUMN org_name   TEXT   NOT NULL DEFAULT '';
ALTER TABLE user_notices ADD COLUMN by_whom    TEXT   NOT NULL DEFAULT '';
ALTER TABLE user_notices ADD COLUMN reason     TEXT   NOT NULL DEFAULT '';
ALTER TABLE user_notices ADD COLUMN ref        TEXT   NOT NULL DEFAULT '';
ALTER TABLE user_notices ADD COLUMN mail_state TEXT   NOT NULL DEFAULT ''; -- '', queued, sent, none, failed or stopped
ALTER TABLE user_notices ADD COLUMN mail_at    BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_notices ADD COLUMN claim      BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_notices ADD COLUMN attempts   BIGINT NOT NULL DEFAULT 0;
CREATE INDEX user_notices_ref  ON user_notices (ref) WHERE ref <> '';
CREATE INDEX user_notices_mail ON user_notices (mail_at) WHERE mail_state = 'queued';

-- Which entry of the log took which one back. The depth of an undo is odd, that
-- of a redo even.
CREATE TABLE undone (
  org_id TEXT   NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  seq    BIGINT NOT NULL, -- what was taken back
  by_seq BIGINT NOT NULL, -- by what
  depth  BIGINT NOT NULL,
  PRIMARY KEY (org_id, seq)
);
CREATE UNIQUE INDEX undone_by ON undone (org_id, by_seq);
