-- Programs elsewhere that are sent the events of an organization.
CREATE TABLE webhooks (
  id           TEXT PRIMARY KEY,
  org_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  url          TEXT NOT NULL,
  events       TEXT NOT NULL, -- actions and groups of them
  description  TEXT NOT NULL,
  text         TEXT NOT NULL, -- what a search looks through
  status       TEXT NOT NULL CHECK (status IN ('active', 'disabled', 'failed')),
  reason       TEXT NOT NULL, -- why it was disabled by itself
  secret       TEXT NOT NULL, -- sealed
  old_secret   TEXT NOT NULL, -- the one before, '' for none
  old_until    BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- the newest event that was looked at
  failing_from BIGINT NOT NULL, -- 0 where the last delivery went well
  leased_until BIGINT NOT NULL, -- a delivery is on its way until then
  claim        BIGINT NOT NULL,
  last_at      BIGINT NOT NULL,
  last_status  BIGINT NOT NULL,
  last_error   TEXT NOT NULL,
  creator_id   TEXT NOT NULL,
  created_by   TEXT NOT NULL, -- address
  created_at   BIGINT NOT NULL,
  UNIQUE (org_id, id)
);
CREATE INDEX webhooks_list   ON webhooks (org_id, created_at, id);
CREATE INDEX webhooks_active ON webhooks (org_id) WHERE status = 'active';

-- One event for one webhook. The id is the one that the receiver sees.
CREATE TABLE webhook_deliveries (
  id         TEXT PRIMARY KEY,
  org_id     TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  seq        BIGINT NOT NULL,
  action     TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'failed', 'stopped')),
  attempts   BIGINT NOT NULL,
  status     BIGINT NOT NULL,
  error      TEXT NOT NULL,
  took       BIGINT NOT NULL, -- microseconds of the last attempt
  queued_at  BIGINT NOT NULL,
  last_at    BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  UNIQUE (webhook_id, seq),
  FOREIGN KEY (org_id, webhook_id) REFERENCES webhooks (org_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_queued ON webhook_deliveries (webhook_id, seq) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_over   ON webhook_deliveries (queued_at) WHERE state <> 'queued';
