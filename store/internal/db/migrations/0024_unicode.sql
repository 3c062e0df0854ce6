-- What searches look through and names are sorted by is folded by the rules of
-- Unicode; the program does that. Join links get such a text.
ALTER TABLE join_links ADD COLUMN text TEXT NOT NULL DEFAULT '';
