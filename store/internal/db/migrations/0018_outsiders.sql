-- What somebody was refused within an hour in one chain of the log: how often
-- the log says so in full, and what the entry will say that sums up the others.
CREATE TABLE refusals (
  org_id  TEXT   NOT NULL, -- the chain, '' for the installation's
  actor   TEXT   NOT NULL, -- user id, else key or address of a stranger
  since   BIGINT NOT NULL,
  written BIGINT NOT NULL,
  more    BIGINT NOT NULL, -- beyond those
  actions TEXT   NOT NULL, -- JSON, how often each was refused, of more
  latest  TEXT   NOT NULL, -- JSON, the entry that the latest of more would have been
  PRIMARY KEY (org_id, actor)
);
CREATE INDEX refusals_due ON refusals (since);

-- The day (UTC) on which the log last said that a site admin read a kind of
-- thing in an organization.
CREATE TABLE site_admin_reads (
  org_id TEXT   NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  reader TEXT   NOT NULL, -- user id, with that of who was acted for
  kind   TEXT   NOT NULL,
  day    BIGINT NOT NULL,
  PRIMARY KEY (org_id, reader, kind)
);

-- Which network a request to join came from, where no verified address stands
-- behind it.
ALTER TABLE invitations ADD COLUMN source TEXT NOT NULL DEFAULT '';

-- What each plan meant to whoever stands behind invitations when that was last
-- asked. Nothing is known of the plans that organizations have now.
CREATE TABLE plan_terms (
  plan  TEXT NOT NULL PRIMARY KEY,
  terms TEXT NOT NULL
);
INSERT INTO plan_terms SELECT DISTINCT plan, '' FROM organizations;

-- The next invitation that runs out, of all.
CREATE INDEX invitations_due ON invitations (expires_at) WHERE state_order = 2;
