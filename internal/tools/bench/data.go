package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // for the empty transaction

	"muster/models"
	"muster/store"
)

// bound gives the one for 100,000 rows or for more.
func (b *bench) bound(small, large time.Duration) time.Duration {
	if b.rows > 100_000 {
		return large
	}
	return small
}

// worst keeps the slowest of several distributions.
type worst struct {
	what     string
	p50, p95 time.Duration
}

func (w *worst) add(what string, took []time.Duration) {
	if p := quantile(took, 0.95); p > w.p95 {
		w.what, w.p50, w.p95 = what, quantile(took, 0.5), p
	}
}

// note says which it was, and its median, which noise moves less.
func (w *worst) note() string { return strings.TrimSpace("p50 " + millis(w.p50) + " " + w.what) }

const samples = 120

// pages measures pages of 50 anywhere in the lists.
func (b *bench) pages(ctx context.Context) error {
	s, err := store.Open(ctx, store.Options{Dir: b.world.dir})
	if err != nil {
		return err
	}
	defer s.Close()
	a, org := b.world.actor(), b.world.org
	var plain, filtered, invited, narrowed worst
	for _, sort := range []models.MemberSort{models.SortEmail, models.SortName, models.SortRole, models.SortStatus, models.SortJoined, models.SortLastSeen} {
		for _, reverse := range []bool{false, true} {
			for _, f := range []models.MemberQuery{{}, {Role: models.RoleViewer}, {Role: models.RoleOwner}, {Status: models.MemberActive}, {Status: models.MemberSuspended}, {Role: models.RoleAdmin, Status: models.MemberActive}} {
				f.Sort, f.Reverse, f.Limit = sort, reverse, 50
				took, err := walk(f.After, func(after string) (models.Page[models.Member], error) {
					f.After = after
					return s.ListMembers(ctx, a, org, f)
				})
				if err != nil {
					return err
				}
				what := fmt.Sprintf("by %s, reverse %t, role %q, status %q", sort, reverse, f.Role, f.Status)
				if f.Role == "" && f.Status == "" {
					plain.add(what, took)
				} else {
					filtered.add(what, took)
				}
			}
		}
	}
	for _, states := range [][]models.InvitationState{nil, {models.StateRequested}, {models.StatePending}, {models.StateExpired}, {models.StateAccepted, models.StateDeclined}} {
		took, err := walk("", func(after string) (models.Page[models.Invitation], error) {
			return s.ListInvitations(ctx, a, org, models.InvitationQuery{States: states, Limit: 50, After: after})
		})
		if err != nil {
			return err
		}
		if states == nil {
			invited.add("", took)
		} else {
			narrowed.add(fmt.Sprint(states), took)
		}
	}
	ms := time.Millisecond
	figure(b.report, "page of 50 members, worst sort, p95", plain.p95, b.bound(ms/2, ms), millis, plain.note())
	figure(b.report, "page of 50 members, worst filter and sort, p95", filtered.p95, 2*ms, millis, filtered.note())
	figure(b.report, "page of 50 invitations, p95", invited.p95, b.bound(ms/2, ms), millis, invited.note())
	figure(b.report, "page of 50 invitations, worst filter, p95", narrowed.p95, 2*ms, millis, narrowed.note())
	return nil
}

// walk measures pages from the start on, in leaps.
func walk[T any](after string, page func(after string) (models.Page[T], error)) ([]time.Duration, error) {
	var took []time.Duration
	for range samples {
		begin := time.Now()
		p, err := page(after)
		took = append(took, time.Since(begin))
		if err != nil {
			return nil, err
		}
		after = p.Next // at the end it starts again
	}
	return took, nil
}

// searches measures what a list asks for at each letter that is typed.
func (b *bench) searches(ctx context.Context) error {
	s, err := store.Open(ctx, store.Options{Dir: b.world.dir})
	if err != nil {
		return err
	}
	defer s.Close()
	a, org := b.world.actor(), b.world.org
	// Common and rare terms of one to four characters and more, some of which
	// nobody has.
	terms := []string{"a", "z", "7", "ł", "q", "ad", "zo", "99", "qx", "ada", "ace", "777", "zzz", "hopp", "love", "0042", "xyzz", "ada0000", "example", "ops.example", "nobody at all", b.world.people[len(b.world.people)/2].email, madeUp(b.rows/2, b.rows).Email, "grace hopper"}
	for _, kind := range []string{"members", "invitations", "users"} {
		var all worst
		for _, term := range terms {
			var took []time.Duration
			for range samples {
				begin := time.Now()
				switch kind {
				case "members":
					_, err = s.ListMembers(ctx, a, org, models.MemberQuery{Search: term, Sort: models.SortEmail, Limit: 50})
				case "invitations":
					_, err = s.ListInvitations(ctx, a, org, models.InvitationQuery{Search: term, Limit: 50})
				case "users":
					_, err = s.Users(ctx, a, models.AccountQuery{Search: term, Limit: 50})
				}
				took = append(took, time.Since(begin))
				if err != nil {
					return err
				}
			}
			all.add(fmt.Sprintf("%q", term), took)
		}
		figure(b.report, "search in "+kind+", worst term, p95", all.p95, b.bound(5*time.Millisecond, 20*time.Millisecond), millis, all.note())
	}
	return nil
}

// changes compares a durable change with the least a durable transaction can
// be on this disk. Both take turns, so that a busy disk slows both.
func (b *bench) changes(ctx context.Context) error {
	s, err := store.Open(ctx, store.Options{Dir: b.world.dir, Limits: &models.InviteLimits{}})
	if err != nil {
		return err
	}
	defer s.Close()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "least.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err = db.ExecContext(ctx, "CREATE TABLE least (n INTEGER)"); err != nil {
		return err
	}
	var change, least []time.Duration
	seed := rand.Uint32()
	for i := range 300 {
		begin := time.Now()
		n := models.NewInvitation{Email: fmt.Sprintf("new%d-%d@example.org", seed, i), Role: models.RoleViewer}
		if _, err = s.CreateInvitation(ctx, b.world.actor(), b.world.org, n); err != nil {
			return err
		}
		change = append(change, time.Since(begin))
		begin = time.Now()
		if err = leastTransaction(ctx, db, i); err != nil {
			return err
		}
		least = append(least, time.Since(begin))
	}
	sum := func(all []time.Duration) (d time.Duration) {
		for _, t := range all {
			d += t
		}
		return d
	}
	c, l := sum(change), sum(least)
	b.report.fact("durable change: an invitation with audit and mail, p50", millis(quantile(change, 0.5)), "")
	b.report.fact("least durable transaction on this disk, p50", millis(quantile(least, 0.5)), "")
	figure(b.report, "durable change, time against the least (75 % of its rate)", float64(c)/float64(l), 1/0.75, times, "")
	return b.imports(ctx, s, seed)
}

// imports measures a list of addresses that nobody has.
func (b *bench) imports(ctx context.Context, s *store.Store, seed uint32) error {
	rows := make([]models.ImportRow, 5_000)
	for i := range rows {
		rows[i] = models.ImportRow{Line: i + 1, Email: fmt.Sprintf("import%d-%d@example.org", seed, i), Role: models.RoleViewer}
	}
	begin := time.Now()
	r, err := s.ImportInvitations(ctx, b.world.actor(), b.world.org, rows, store.ImportOptions{})
	if err != nil {
		return err
	}
	if r.Done != len(rows) {
		return fmt.Errorf("of %d rows, %d were imported", len(rows), r.Done)
	}
	figure(b.report, "import, 100 rows a transaction, time a row (20,000 a second)", time.Since(begin)/time.Duration(len(rows)), 50*time.Microsecond, micros, "")
	return nil
}

func leastTransaction(ctx context.Context, db *sql.DB, n int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, "INSERT INTO least VALUES ($1)", n); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}
