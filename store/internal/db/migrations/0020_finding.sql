-- One for each order that invitations can be sorted in beside that of statuses.
CREATE INDEX invitations_by_email   ON invitations (org_id, email_norm, id);
CREATE INDEX invitations_by_sent    ON invitations (org_id, created_at, id);
CREATE INDEX invitations_by_expires ON invitations (org_id, expires_at, id);
