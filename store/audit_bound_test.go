package store_test

import (
	"database/sql"
	"slices"
	"testing"

	"muster/models"
)

// afresh gives every actor their whole part of the log for refused attempts, as
// an hour does, for tests that compare each attempt with its own entry.
func afresh(t testing.TB, db *sql.DB) {
	t.Helper()
	if _, err := db.Exec("DELETE FROM refusals"); err != nil {
		t.Fatal(err)
	}
}

// besidesReading is how many entries were added, and which tables have changed,
// without the one entry of a site admin's reading and what is kept of it.
func besidesReading(t testing.TB, db *sql.DB, added int, diff []string) (int, []string) {
	t.Helper()
	last := texts(t, db, "SELECT action || ' ' || acting_as || ' ' || outcome FROM audit ORDER BY rowid DESC LIMIT 1")
	if added != 1 || last[0] != "organization.read site_admin done" {
		return added, diff
	}
	for _, table := range []string{"audit", "audit_heads", "site_admin_reads"} {
		i := slices.Index(diff, table)
		if i < 0 {
			t.Errorf("reading did not change %s", table)
			return added, diff
		}
		diff = slices.Delete(diff, i, i+1)
	}
	// The time of the entry, and the mark for those who follow the log.
	return 0, slices.DeleteFunc(diff, func(table string) bool { return table == "clock" || table == "changes" })
}

// tries has somebody ask for what an organization refuses them.
func tries(w *world, a models.Actor, org string, n int) {
	w.t.Helper()
	for range n {
		if _, err := w.s.InvitationStats(w.ctx, a, org, models.StatsQuery{}); err == nil {
			w.t.Fatal("it was not refused")
		}
	}
}
