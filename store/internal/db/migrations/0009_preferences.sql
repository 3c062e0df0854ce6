-- How somebody wants the app, '' for as the installation says.
ALTER TABLE users ADD COLUMN theme         TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN mouse         TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN notifications TEXT NOT NULL DEFAULT '';
