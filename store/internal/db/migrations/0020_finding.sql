-- One for each order that invitations can be sorted in beside that of statuses.
CREATE INDEX invitations_by_email   ON invitations (org_id, email_norm, id);
CREATE INDEX invitations_by_sent    ON invitations (org_id, created_at, id);
CREATE INDEX invitations_by_expires ON invitations (org_id, expires_at, id);

-- Filters that somebody keeps under a name, by list.
CREATE TABLE views (
  user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  list       TEXT   NOT NULL,
  name_norm  TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  filter     TEXT   NOT NULL,
  sort       TEXT   NOT NULL,
  PRIMARY KEY (user_id, list, name_norm)
);
