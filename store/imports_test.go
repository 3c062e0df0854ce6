package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// roomy is a plan set in which an organization may have any number of seats.
func roomy(o *store.Options) {
	plans := models.DefaultPlans()
	p := plans[models.PlanTeam]
	p.Seats = 0
	plans[models.PlanTeam] = p
	o.Plans = plans
}

func rowsFrom(t testing.TB, text string) []models.ImportRow {
	t.Helper()
	l, err := models.ParseImport([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l.Rows
}

// tally shows a report in one line.
func tally(r models.ImportReport) string {
	return fmt.Sprintf("%d done, %d skipped, %d failed", r.Done, r.Skipped, r.Failed)
}

func BenchmarkImport(b *testing.B) {
	w := newWorld(b, roomy, func(o *store.Options) { o.Limits = &models.InviteLimits{} })
	ada := w.ada()
	acme := w.acme(ada)
	const n = 5000
	b.ResetTimer()
	for i := range b.N {
		rows := make([]models.ImportRow, n)
		for j := range rows {
			rows[j] = models.ImportRow{Line: j + 1, Email: fmt.Sprintf("person.%d.%d@example.com", i, j), Name: fmt.Sprintf("Person Number %d", j)}
		}
		r, err := w.s.ImportInvitations(w.ctx, ada, acme.ID, rows, store.ImportOptions{})
		if err != nil || r.Done != n {
			b.Fatalf("%s, %v", tally(r), err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

var _ = context.Background
var _ = strings.Repeat
var _ = time.Second
