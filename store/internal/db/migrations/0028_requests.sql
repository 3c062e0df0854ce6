-- Changes over HTTP that are made once for each key of a client: asked for again
-- within a day they get the same answer. It is sealed with the secret of the
-- installation, since it may hold a code; '' until it is known.
CREATE TABLE requests_once (
  owner     TEXT   NOT NULL, -- user and SSH key of whoever asked, hashed with the key of the request
  operation TEXT   NOT NULL,
  hash      TEXT   NOT NULL, -- of what was asked for
  account   TEXT   NOT NULL, -- whose limit it counts for
  answer    TEXT   NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (owner)
);
CREATE INDEX requests_once_account ON requests_once (account);
CREATE INDEX requests_once_at      ON requests_once (at);

-- Tokens that say they are for one request, until they would have expired.
CREATE TABLE tokens_used (
  hash       TEXT   PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX tokens_used_expires ON tokens_used (expires_at);
