-- Filters and orders of lists that people keep under names.
CREATE TABLE views (
  user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  org_id    TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  list      TEXT NOT NULL,
  name_norm TEXT NOT NULL,
  name      TEXT NOT NULL,
  filter    TEXT NOT NULL,
  sort      TEXT NOT NULL,
  PRIMARY KEY (user_id, org_id, list, name_norm)
);
CREATE INDEX views_by_org ON views (org_id);
