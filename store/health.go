package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster/internal/secret"
	"muster/models"
	"muster/store/internal/db/sqlite"
)

// Check is one line of what doctor finds.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
	Hint string `json:"hint,omitempty"`
}

// Health checks the database: its files' permissions, its pages and references,
// its schema, every audit chain, and whether configuration, clock and secret are
// those that it was written under. It is for whoever can open the data directory.
func (s *Store) Health(ctx context.Context) []Check {
	var list []Check
	add := func(name string, err error, good string) {
		c := Check{Name: name, OK: err == nil, Note: good}
		if err != nil {
			e := models.AsError(s.dataError(err))
			c.Note, c.Hint = e.Message, e.Hint
		}
		list = append(list, c)
	}
	add("permissions", s.permissions(), "the data directory is readable only by its owner")
	wrong, err := s.db.Integrity(ctx, s.db)
	if err == nil && wrong != "" {
		err = models.Errorf(models.CodeInternal, "%s", models.SafeText(wrong)).WithHint("restore a backup with: {installation.restore FILE}")
	}
	add("integrity", err, "pages, indexes and references are intact")
	v, err := s.db.SchemaVersion(ctx, s.db)
	if err == nil && s.opt.DSN == "" {
		err = sqlite.CheckSchema(ctx, s.db, steps)
	}
	add("schema", err, fmt.Sprintf("version %d", v))
	reports, err := s.VerifyAll(ctx)
	var entries int64
	for _, r := range reports {
		entries += r.Entries
		if !r.OK && err == nil {
			err = models.Errorf(models.CodeInternal, "chain %q: entry %d: %s", r.OrgID, r.Broken, r.Why).
				WithHint("somebody changed the log outside muster: compare it with a backup")
		}
	}
	add("audit", err, fmt.Sprintf("%d chains with %d entries verified", len(reports), entries))
	n, err := s.checkPlans(ctx)
	add("plans", err, fmt.Sprintf("%d in use, all in the configuration", n))
	note, err := s.checkSecret(ctx)
	add("secret", err, note)
	note, err = s.checkClock(ctx)
	add("clock", err, note)
	return list
}

func (s *Store) permissions() error {
	modes := map[string]os.FileMode{s.opt.Dir: 0o700, filepath.Join(s.opt.Dir, SecretFile): 0o600}
	for _, path := range s.db.Files() {
		modes[path] = 0o600
	}
	for path, want := range modes {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&^want != 0 {
			return models.Errorf(models.CodeInternal, "%s has mode %04o and should have %04o", path, info.Mode().Perm(), want).
				WithHint("run: chmod %o %s", want, path)
		}
	}
	return nil
}

// checkPlans looks for organizations on a plan that the configuration does not
// have, and says how many plans are in use.
func (s *Store) checkPlans(ctx context.Context) (inUse int, err error) {
	rows, err := s.db.Query(ctx, "SELECT plan, count(*), min(code) FROM organizations WHERE deleted_at = 0 GROUP BY plan ORDER BY plan")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var missing []string
	for rows.Next() {
		var plan, code string
		var n int
		if err := rows.Scan(&plan, &n, &code); err != nil {
			return 0, err
		}
		inUse++
		if _, ok := s.plans[plan]; !ok {
			missing = append(missing, fmt.Sprintf("%s, of %s (the first is %s)", models.SafeText(plan), models.Count(n, "organization"), code))
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if len(missing) > 0 {
		return inUse, models.Errorf(models.CodeInvalid, "not in the configuration: %s; nobody can be invited there", strings.Join(missing, "; ")).
			WithHint("define the plan under [plans.NAME] in the configuration file, or set another with: {plan.set}")
	}
	return inUse, nil
}

// checkSecret compares the secret with what was derived from it: the code of the
// newest open invitation or join link, and a second factor.
func (s *Store) checkSecret(ctx context.Context) (note string, err error) {
	checks := []struct {
		what, query string
		fits        func(id, kept string, generation int) bool
	}{
		{"the codes of open invitations", "SELECT id, code_hash, generation FROM invitations WHERE state_order = 2 AND code_hash IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT 1",
			func(id, kept string, generation int) bool { return hashCode(s.code(id, generation)) == kept }},
		{"the codes of join links", "SELECT id, code_hash, 0 FROM join_links WHERE revoked_at = 0 ORDER BY created_at DESC, id DESC LIMIT 1",
			func(id, kept string, _ int) bool { return hashCode(s.linkCode(id)) == kept }},
		{"second factors", "SELECT user_id, secret, 0 FROM second_factors WHERE confirmed_at > 0 ORDER BY confirmed_at DESC, user_id LIMIT 1",
			func(id, kept string, _ int) bool {
				_, err := secret.Open(s.secret, sealLabel, id, kept)
				return err == nil
			}},
	}
	var fit, bad []string
	for _, c := range checks {
		var id, kept string
		var generation int
		err := s.db.Row(ctx, c.query).Scan(&id, &kept, &generation)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return "", err
		case c.fits(id, kept, generation):
			fit = append(fit, c.what)
		default:
			bad = append(bad, c.what)
		}
	}
	if len(bad) > 0 {
		return "", models.Errorf(models.CodeInvalid, "the file %s is not the one that %s were created with", filepath.Join(s.opt.Dir, SecretFile), strings.Join(bad, " and ")).
			WithHint("put the copy that belongs to this database in its place; without one, regenerate the codes, and reset second factors")
	}
	if len(fit) == 0 {
		return "nothing in the database uses it yet", nil
	}
	return "matches " + strings.Join(fit, ", "), nil
}

// clockAhead is how far entries may lie in the future: machines that share a
// database, or a clock that was set, differ by so much.
const clockAhead = 2 * time.Minute

// checkClock looks whether the log has entries from the future.
func (s *Store) checkClock(ctx context.Context) (note string, err error) {
	var newest int64
	if err := s.db.Row(ctx, "SELECT coalesce(max(at), 0) FROM audit").Scan(&newest); err != nil {
		return "", err
	}
	now := s.now()
	if last := fromMicros(newest); last.After(now.Add(clockAhead)) {
		return "", models.Errorf(models.CodeInvalid, "the newest entry of the audit log is of %s, and this machine says it is %s", last.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)).
			WithHint("set the machine's clock: expiry depends on it")
	}
	return "it is " + now.UTC().Format(time.RFC3339), nil
}
