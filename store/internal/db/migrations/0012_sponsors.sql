-- Who stands behind an invitation: who approved it, or else who sent it. Empty
-- while it waits for a decision. returned_at is when it went back to the queue
-- because they could no longer grant it, 0 for never or since decided.
ALTER TABLE invitations ADD COLUMN sponsor_id TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN returned_at BIGINT NOT NULL DEFAULT 0;
UPDATE invitations SET sponsor_id = CASE WHEN decider_id <> '' THEN decider_id ELSE inviter_id END WHERE state_order IN (2, 3);
CREATE INDEX invitations_sponsor ON invitations (org_id, sponsor_id) WHERE state_order = 2;

-- One more kind of notice: to who proposed, that an invitation went back.
CREATE TABLE notices_next (
  org_id        TEXT NOT NULL,
  invitation_id TEXT NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('reminder', 'accepted', 'returned')),
  state         TEXT NOT NULL CHECK (state IN ('none', 'queued', 'sent', 'failed', 'stopped')),
  due_at        BIGINT NOT NULL, -- while a worker holds it, the end of the lease
  claim         BIGINT NOT NULL,
  attempts      BIGINT NOT NULL,
  error         TEXT NOT NULL,
  PRIMARY KEY (invitation_id, kind),
  FOREIGN KEY (org_id, invitation_id) REFERENCES invitations (org_id, id) ON DELETE CASCADE
);
INSERT INTO notices_next SELECT org_id, invitation_id, kind, state, due_at, claim, attempts, error FROM notices;
DROP TABLE notices;
ALTER TABLE notices_next RENAME TO notices;
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'queued';
