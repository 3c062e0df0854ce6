package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/models"
	"muster/store"
)

// roomy is an installation whose plan team has any number of seats.
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

// summary shows a report in one line.
func summary(r models.ImportReport) string {
	return fmt.Sprintf("%d done, %d skipped, %d failed", r.Done, r.Skipped, r.Failed)
}

// outcomes shows a result in each line.
func outcomes(r models.ImportReport) string {
	var b strings.Builder
	for _, x := range r.Results {
		fmt.Fprintf(&b, "%d %s %s %s", x.Line, x.Email, x.Status, x.State)
		if x.Err != nil {
			fmt.Fprintf(&b, "%s: %s", models.CodeOf(x.Err), x.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (w *world) imports(a models.Actor, org, text string, opt store.ImportOptions) models.ImportReport {
	w.t.Helper()
	r, err := w.s.ImportInvitations(w.ctx, a, org, rowsFrom(w.t, text), opt)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) entries(a models.Actor, org string) int64 {
	w.t.Helper()
	r, err := w.s.VerifyAudit(w.ctx, a, org)
	if err != nil || !r.OK {
		w.t.Fatalf("%+v, %v", r, err)
	}
	return r.Entries
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	if _, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "cy@example.com"}); err != nil {
		t.Fatal(err)
	}
	const list = "email,role,name,message,expires_in\n" +
		"dee@example.com,viewer,Dee,hello,1h\n" +
		"Bob@Example.com,,,,\n" +
		"CY@example.com,,,,\n" +
		"DEE@example.com,admin,,,\n" +
		"eve@,,,,\n" +
		"fay@example.com,owner,,,\n" +
		"gus@example.com,,,,\n"
	const want = "2 dee@example.com done pending\n" +
		"3 Bob@Example.com skipped conflict: Bob@Example.com is a member of Acme Corp already\n" +
		"4 CY@example.com skipped conflict: there is a pending invitation for CY@example.com already\n" +
		"5 DEE@example.com skipped conflict: DEE@example.com is a duplicate of line 2\n" +
		"6 eve@ error invalid: email is not an email address: it needs the form name@domain\n" +
		"7 fay@example.com error denied: an admin may not grant the role owner\n" +
		"8 gus@example.com done pending\n"
	before := w.entries(ada, acme.ID)
	if got := outcomes(w.imports(bob, acme.ID, list, store.ImportOptions{DryRun: true})); got != want {
		t.Errorf("dry run:\n%s", cmp.Diff(want, got))
	}
	if w.entries(ada, acme.ID) != before {
		t.Error("the dry run left a trace")
	}
	r := w.imports(bob, acme.ID, list, store.ImportOptions{})
	if got := outcomes(r); got != want {
		t.Errorf("import:\n%s", cmp.Diff(want, got))
	}
	// Each invitation, and the refused grant, is an entry of its own.
	page, _ := w.s.ListAudit(w.ctx, ada, acme.ID, models.AuditQuery{Limit: 3})
	var log []string
	for _, e := range page.Items {
		log = append(log, fmt.Sprint(e.Action, " ", e.TargetLabel, " ", e.Outcome, " ", e.ActorEmail))
	}
	slices.Sort(log)
	if got := strings.Join(log, "\n"); w.entries(ada, acme.ID) != before+3 || got != "invitation.create dee@example.com done bob@example.com\n"+
		"invitation.create fay@example.com refused bob@example.com\ninvitation.create gus@example.com done bob@example.com" {
		t.Errorf("log:\n%s", got)
	}

	// An imported row is what an invitation of the same terms is.
	one, err := w.s.CreateInvitation(w.ctx, bob, acme.ID, models.NewInvitation{Email: "han@example.com", Name: "Dee", Role: models.RoleViewer, Message: "hello", TTL: 3600e9})
	if err != nil {
		t.Fatal(err)
	}
	one, _ = w.s.Invitation(w.ctx, ada, "", one.ID)
	row, err := w.s.Invitation(w.ctx, ada, "", r.Results[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(one, row, cmpopts.IgnoreFields(models.Invitation{}, "ID", "Email")); d != "" {
		t.Errorf("invited (-) and imported (+):\n%s", d)
	}
	dee := w.accept(bob, row)
	if v, err := w.s.Organization(w.ctx, dee, acme.ID); err != nil || v.Role != models.RoleViewer {
		t.Fatalf("dee: %+v, %v", v, err)
	}
	found, err := w.s.ListInvitations(w.ctx, ada, acme.ID, models.InvitationQuery{Search: "gus@ex"})
	if err != nil || len(found.Items) != 1 {
		t.Errorf("search: %+v, %v", found, err)
	}
	w.verified()
}

func TestImportByThosePolicyAllows(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	vi := w.join(ada, acme.ID, "vi@example.com", models.RoleViewer)
	w.set(ada, acme.ID, models.SetDomains, "example.com")
	const list = "a@example.com\nb@other.org\nc@example.com;admin\n"

	_, err := w.s.ImportInvitations(w.ctx, vi, acme.ID, rowsFrom(t, list), store.ImportOptions{})
	wantCode(t, err, models.CodeDenied)
	if got, want := outcomes(w.imports(cy, acme.ID, list, store.ImportOptions{})), "1 a@example.com done requested\n"+
		"2 b@other.org error invalid: email must end in @example.com\n3 c@example.com error denied: a member may not grant the role admin\n"; got != want {
		t.Error(cmp.Diff(want, got))
	}
	w.set(ada, acme.ID, models.SetInvite, "owners")
	_, err = w.s.ImportInvitations(w.ctx, cy, acme.ID, rowsFrom(t, list), store.ImportOptions{})
	wantCode(t, err, models.CodeDenied)
}

func TestImportSeats(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada) // plan team: 50 seats
	var list strings.Builder
	for i := range 250 {
		fmt.Fprintf(&list, "p%d@example.com\n", i)
	}
	dry := w.imports(ada, acme.ID, list.String(), store.ImportOptions{DryRun: true})
	r := w.imports(ada, acme.ID, list.String(), store.ImportOptions{})
	if summary(r) != "49 done, 0 skipped, 201 failed" || outcomes(dry) != outcomes(r) {
		t.Errorf("%s; dry run: %s", summary(r), summary(dry))
	}
	wantCode(t, r.Results[49].Err, models.CodeLimit)
	if v, _ := w.s.Organization(w.ctx, ada, acme.ID); v.Seats.Used != 50 {
		t.Errorf("%d seats", v.Seats.Used)
	}
}

// mixed is a list in which every tenth row is wrong and about every seventh
// repeats an earlier one.
func mixed(n int) string {
	var b strings.Builder
	b.WriteString("\ufeffEmail;Name;Role\r\n")
	for i := range n {
		switch {
		case i%10 == 3:
			b.WriteString([]string{"no address;;\r\n", "x@y;\"open;\r\n", fmt.Sprintf("p%d@example.com;;king\r\n", i), "p@exam ple.com;;\r\n"}[i/10%4])
		case i%7 == 6 && (i-1)%10 != 3:
			fmt.Fprintf(&b, "P%d@EXAMPLE.com;;\r\n", i-1)
		default:
			fmt.Fprintf(&b, "p%d@example.com;\"Person; no. %d\";member\r\n", i, i)
		}
	}
	return b.String()
}

func TestImportOf5000Rows(t *testing.T) {
	alone(t)
	w := newWorld(t, roomy)
	ada := w.ada()
	acme := w.acme(ada)
	text := mixed(5000)
	var seen []int
	r := w.imports(ada, acme.ID, text, store.ImportOptions{Progress: func(done, total int) {
		if total != 5000 {
			t.Fatalf("%d of %d", done, total)
		}
		seen = append(seen, done)
	}})
	if len(r.Results) != 5000 || r.Failed != 500 || r.Done < 3500 || r.Skipped < 500 {
		t.Fatal(summary(r))
	}
	if len(seen) != 50 || seen[0] != 100 || seen[49] != 5000 || !slices.IsSorted(seen) {
		t.Errorf("progress: %v", seen)
	}
	lines := map[int]bool{}
	for i, x := range r.Results {
		if lines[x.Line] || x.Line != i+2 {
			t.Fatalf("result %d is of line %d", i, x.Line)
		}
		lines[x.Line] = true
	}
	// A second run changes nothing.
	entries := w.entries(ada, acme.ID)
	v, _ := w.s.Organization(w.ctx, ada, acme.ID)
	again := w.imports(ada, acme.ID, text, store.ImportOptions{})
	if again.Done != 0 || again.Failed != r.Failed || again.Skipped != r.Done+r.Skipped || w.entries(ada, acme.ID) != entries {
		t.Errorf("second run: %s, %d new entries", summary(again), w.entries(ada, acme.ID)-entries)
	}
	after, _ := w.s.Organization(w.ctx, ada, acme.ID)
	if d := cmp.Diff(v, after); d != "" {
		t.Error(d)
	}
	if after.Invites[models.StatePending] != r.Done {
		t.Errorf("%d pending, %d done", after.Invites[models.StatePending], r.Done)
	}
	w.verified()
}

func TestImportStopsWhereItIsTold(t *testing.T) {
	w := newWorld(t, roomy)
	ada := w.ada()
	acme := w.acme(ada)
	text := mixed(1000)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	r, err := w.s.ImportInvitations(ctx, ada, acme.ID, rowsFrom(t, text), store.ImportOptions{Progress: func(done, _ int) {
		if done == 300 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || len(r.Results) != 300 {
		t.Fatalf("%d results, %v", len(r.Results), err)
	}
	if v, _ := w.s.Organization(w.ctx, ada, acme.ID); v.Invites[models.StatePending] != r.Done {
		t.Errorf("%d pending, %d reported", v.Invites[models.StatePending], r.Done)
	}
}

// TestImportBeside lets several processes import overlapping lists at once.
func TestImportBeside(t *testing.T) {
	w := newWorld(t, roomy)
	ada := w.ada()
	acme := w.acme(ada)
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "p%d@example.com\n", i)
	}
	rows := rowsFrom(t, text.String())
	stores := []*store.Store{w.s, w.open(roomy), w.open(roomy)}
	var mu sync.Mutex
	done := 0
	var wg sync.WaitGroup
	for i, s := range stores {
		mine := slices.Concat(rows[i*200:], rows[:i*200])
		wg.Go(func() {
			r, err := s.ImportInvitations(w.ctx, ada, acme.ID, mine, store.ImportOptions{})
			mu.Lock()
			defer mu.Unlock()
			if done += r.Done; err != nil || r.Failed != 0 {
				t.Errorf("%s, %v", summary(r), err)
			}
		})
	}
	wg.Wait()
	v, _ := w.s.Organization(w.ctx, ada, acme.ID)
	if done != 600 || v.Invites[models.StatePending] != 600 {
		t.Errorf("%d done, %d pending", done, v.Invites[models.StatePending])
	}
	w.verified()
}

// TestImportLeavesOutWhomTheListRulesOut holds that a row marked as deactivated
// is skipped and not failed, is no duplicate of another, and that nobody's note
// is mailed.
func TestImportLeavesOutWhomTheListRulesOut(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	const list = "username,email,status,fullname,note\neve,eve@example.com,Deactivated,Eve,\neve2,EVE@example.com,Member,Eve Moss,on probation\ndeploys,,Bot,Deploys,\n"
	for _, dry := range []bool{true, false} {
		r := w.imports(ada, acme.ID, list, store.ImportOptions{DryRun: dry})
		want := "2 eve@example.com skipped conflict: left out: \"status\" is Deactivated in the list\n" +
			"3 EVE@example.com done pending\n" +
			"4  skipped conflict: left out: \"status\" is Bot in the list\n"
		if got := outcomes(r); got != want {
			t.Errorf("dry %v: got\n%swant\n%s", dry, got, want)
		}
		if r.Results[1].Name != "Eve Moss" || r.Results[1].Label() != "member" {
			t.Errorf("%+v", r.Results[1])
		}
		if dry {
			continue
		}
		inv, err := w.s.Invitation(w.ctx, ada, acme.ID, r.Results[1].ID)
		if err != nil || inv.Message != "" || inv.Name != "Eve Moss" {
			t.Errorf("%+v, %v", inv, err)
		}
	}
}

// TestAnAddressWithItsName holds that an invitation takes Name <address> apart.
func TestAnAddressWithItsName(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: `Nora <nora@lind.example>`})
	if err != nil || inv.Email != "nora@lind.example" || inv.Name != "Nora" {
		t.Errorf("%q %q, %v", inv.Email, inv.Name, err)
	}
	inv, err = w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: `O <olle@lind.example>`, Name: "Olle"})
	if err != nil || inv.Email != "olle@lind.example" || inv.Name != "Olle" {
		t.Errorf("%q %q, %v", inv.Email, inv.Name, err)
	}
}

// TestImportChecksForItself holds that rows from elsewhere than ParseImport are
// checked as well.
func TestImportChecksForItself(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	r, err := w.s.ImportInvitations(w.ctx, ada, acme.ID, []models.ImportRow{
		{Email: "x\x1b@y.z"}, {Email: "a@b.c", Name: "\u202e"}, {Email: "a@b.c", Role: "king"}, {Email: "a@b.c", TTL: 1}, {Email: "a@b.c", Message: strings.Repeat("x", 3000)},
	}, store.ImportOptions{})
	if err != nil || r.Failed != 5 {
		t.Errorf("%s, %v", outcomes(r), err)
	}
	_, err = w.s.ImportInvitations(w.ctx, ada, acme.ID, make([]models.ImportRow, models.MaxImportRows+1), store.ImportOptions{})
	wantCode(t, err, models.CodeLimit)
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
			b.Fatalf("%s, %v", summary(r), err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// TestManyExpireAtOnce holds that a list which runs out as a whole leaves
// everything as if its rows had run out one by one.
func TestManyExpireAtOnce(t *testing.T) {
	alone(t)
	w := newWorld(t, roomy)
	ada := w.ada()
	acme := w.acme(ada)
	r := w.imports(ada, acme.ID, mixed(1000), store.ImportOptions{})
	w.clock.Advance(models.DefaultExpiry)
	page, err := w.s.ListInvitations(w.ctx, ada, acme.ID, models.InvitationQuery{States: []models.InvitationState{models.StateExpired}, Limit: 500})
	if err != nil || len(page.Items) != 500 || page.Matches != r.Done {
		t.Fatalf("%d of %d, %v", len(page.Items), page.Matches, err)
	}
	if n := w.number("SELECT count(*) FROM invitations WHERE state_order = 2"); n != int64(r.Done) {
		t.Errorf("reading a list left %d of %d as they were", n, r.Done)
	}
	if err := w.s.Sweep(w.ctx); err != nil {
		t.Fatal(err)
	}
	v, err := w.s.Organization(w.ctx, ada, acme.ID)
	if err != nil || v.Invites[models.StateExpired] != r.Done || v.Invites[models.StatePending] != 0 || v.Seats.Used != 1 {
		t.Errorf("%+v, %v", v.Invites, err)
	}
	inv := page.Items[0]
	if inv.State != models.StateExpired || inv.Delivery.State != models.DeliveryStopped || inv.UndoUntil != nil {
		t.Errorf("%+v", inv)
	}
	if swept := must[models.Invitation](t)(w.s.Invitation(w.ctx, ada, acme.ID, inv.ID)); !reflect.DeepEqual(swept, inv) {
		t.Errorf("written down it is %+v, before %+v", swept, inv)
	}
	log, _ := w.s.ListAudit(w.ctx, ada, acme.ID, models.AuditQuery{Target: inv.ID})
	if e := log.Items[0]; e.Action != "invitation.expire" || e.ActingAs != models.AsSystem || e.ActorID != "" || fmt.Sprint(e.Changes()) != "[{status pending expired}]" {
		t.Errorf("%+v", e)
	}
	if again := w.imports(ada, acme.ID, mixed(1000), store.ImportOptions{}); again.Done != r.Done {
		t.Errorf("inviting them again: %s", summary(again))
	}
	w.verified()
}
