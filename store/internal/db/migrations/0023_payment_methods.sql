-- When a closed invitation was deleted from the lists, 0 for one that is listed. The
-- counters count those that are listed.
ALTER TABLE invitations ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- The payment methods of an organization beside its default one, which is in the
-- settings billing.payment_method and billing.payment_reference.
CREATE TABLE payment_methods (
  org_id     TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  label_norm TEXT NOT NULL,
  label      TEXT NOT NULL,
  reference  TEXT NOT NULL,
  PRIMARY KEY (org_id, label_norm)
);
