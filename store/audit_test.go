package store_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// scenario runs most of what a store can do and gives every code that was in
// use.
func (w *world) scenario() (acme models.OrgView, ada models.Actor, codes []string) {
	w.t.Helper()
	ada = w.ada()
	acme = w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	mel := w.join(ada, acme.ID, "mel@example.com", models.RoleMember)
	code := func(a models.Actor, id string) {
		codes = append(codes, must[string](w.t)(w.s.JoinCode(w.ctx, a, acme.ID, id)))
	}
	pending := must[models.Invitation](w.t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "pen@example.com", Message: "welcome"}))
	code(ada, pending.ID)
	code(bob, pending.ID)
	must[models.Invitation](w.t)(w.s.RegenerateInvitation(w.ctx, bob, acme.ID, pending.ID))
	code(bob, pending.ID)
	req := must[models.Invitation](w.t)(w.s.CreateInvitation(w.ctx, mel, acme.ID, models.NewInvitation{Email: "req@example.com"}))
	must[models.Invitation](w.t)(w.s.ApproveInvitation(w.ctx, bob, acme.ID, req.ID, models.RoleViewer))
	code(bob, req.ID)
	must[models.Invitation](w.t)(w.s.UndoDecision(w.ctx, bob, acme.ID, req.ID))
	must[models.Invitation](w.t)(w.s.RejectInvitation(w.ctx, bob, acme.ID, req.ID, "not now"))
	pair, _, err := w.s.CreatePairing(w.ctx, mel, "")
	if err != nil {
		w.t.Fatal(err)
	}
	codes = append(codes, pair)
	laptop := key("laptop")
	if _, _, err := w.s.AcceptCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: laptop.Fingerprint}, pair, "", laptop); err != nil {
		w.t.Fatal(err)
	}
	for _, x := range codes { // wrong key, expired, used, guessed: all leave their words in the log
		_, _, _ = w.s.AcceptCode(w.ctx, mel, x, "", models.PublicKey{Fingerprint: mel.Key})
		_, _ = w.s.LookupCode(w.ctx, mel, x)
		_ = w.s.DeclineCode(w.ctx, mel, x)
	}
	jobs := must[[]store.MailJob](w.t)(w.s.ClaimMail(w.ctx, 10, time.Minute))
	for _, j := range jobs {
		if j.Code != "" { // word on an acceptance has none
			codes = append(codes, j.Code)
		}
		if err := w.s.MailFailed(w.ctx, j, "550 no such user", false); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.s.RemoveMember(w.ctx, ada, acme.ID, "mel@example.com"); err != nil {
		w.t.Fatal(err)
	}
	return acme, ada, codes
}

// No code is anywhere in the files but the one that is made to hold the secret,
// nor in the log.
func TestNoCodeIsKept(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(o *store.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, _, codes := w.scenario()
	if len(codes) < 6 {
		t.Fatalf("only %d codes", len(codes))
	}
	file := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	read := func(names ...string) {
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(content, []byte("ada@example.com")) {
				t.Errorf("%s does not hold what it should", name)
			}
			for _, code := range codes {
				for _, form := range []string{code, strings.ToUpper(code), code[:13], code[13:]} {
					if bytes.Contains(content, []byte(form)) {
						t.Errorf("%s holds the code %s", name, form)
					}
				}
			}
		}
	}
	// The log of the database is read from a copy: to open it here would drop
	// SQLite's locks.
	copied := filepath.Join(t.TempDir(), "copy")
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	copyDir(t, w.dir, copied)
	read(filepath.Join(copied, store.DatabaseFile), file)
	for _, code := range codes {
		if strings.Contains(log.String(), code) {
			t.Errorf("the log holds a code:\n%s", log.String())
		}
	}
}

func TestVerifyNamesTheFirstBrokenEntry(t *testing.T) {
	alone(t)
	w := newWorld(t)
	acme, ada, _ := w.scenario()
	frozen := w.freeze()
	for name, tt := range map[string]struct {
		query string
		seq   int64
		why   string
	}{
		"a changed actor":    {"UPDATE audit SET actor_email = 'eve@example.com' WHERE org_id = $1 AND seq = 4", 4, "the entry was changed"},
		"a changed outcome":  {"UPDATE audit SET outcome = 'done', reason = '' WHERE org_id = $1 AND seq = (SELECT min(seq) FROM audit WHERE org_id = $1 AND outcome = 'refused')", -1, "the entry was changed"},
		"a changed time":     {"UPDATE audit SET at = at + 1 WHERE org_id = $1 AND seq = 2", 2, "the entry was changed"},
		"a removed first":    {"DELETE FROM audit WHERE org_id = $1 AND seq = 1", 1, "the entry is missing"},
		"a removed middle":   {"DELETE FROM audit WHERE org_id = $1 AND seq = 5", 5, "the entry is missing"},
		"a removed last":     {"DELETE FROM audit WHERE org_id = $1 AND seq = (SELECT max(seq) FROM audit WHERE org_id = $1)", -2, "the entry is missing"},
		"a removed head":     {"DELETE FROM audit_heads WHERE org_id = $1", 1, "the entry was added outside muster"},
		"all removed":        {"DELETE FROM audit WHERE org_id = $1", 1, "the entry is missing"},
		"an appended one":    {"INSERT INTO audit SELECT org_id, seq + 1, at, actor_id, actor_email, acting_as, on_behalf_of, action, target_type, target_id, target_label, before, after, outcome, reason, via, address, key, hash, hash, actor_unverified FROM audit WHERE org_id = $1 ORDER BY seq DESC LIMIT 1", -3, "the entry was added outside muster"},
		"two that swapped":   {"UPDATE audit SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE org_id = $1 AND seq IN (3, 4); UPDATE audit SET seq = -seq WHERE seq < 0", 3, "the entry does not follow the one before"},
		"a hash made to fit": {"UPDATE audit SET hash = 'x' || substr(hash, 2) WHERE org_id = $1 AND seq = 6", 6, "the entry was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := frozen.thaw(t)
			last := w.number("SELECT max(seq) FROM audit WHERE org_id = $1", acme.ID)
			want := tt.seq
			switch want {
			case -1:
				want = w.number("SELECT min(seq) FROM audit WHERE org_id = $1 AND outcome = 'refused'", acme.ID)
			case -2:
				want = last
			case -3:
				want = last + 1
			}
			if before, after, ok := strings.Cut(tt.query, "; "); ok {
				w.exec(before, acme.ID)
				w.exec(after)
			} else {
				w.exec(tt.query, acme.ID)
			}
			r := must[models.ChainReport](t)(w.s.VerifyAudit(w.ctx, ada, acme.ID))
			if r.OK || r.Broken != want || r.Why != tt.why {
				t.Errorf("found %+v, want entry %d: %s", r, want, tt.why)
			}
			bad := 0
			for _, r := range must[[]models.ChainReport](t)(w.s.VerifyAll(w.ctx)) {
				if !r.OK {
					bad++
				}
			}
			if bad != 1 {
				t.Errorf("%d chains are broken", bad)
			}
			for _, c := range w.s.Health(w.ctx) {
				if (c.Name == "audit") == c.OK {
					t.Errorf("health: %+v", c)
				}
			}
		})
	}
}

func TestListAudit(t *testing.T) {
	w := newWorld(t)
	acme, ada, _ := w.scenario()
	vic := w.join(ada, acme.ID, "vic@example.com", models.RoleViewer)
	all := func(a models.Actor, q models.AuditQuery) (out []models.AuditEntry) {
		t.Helper()
		q.Limit = 7
		for {
			p := must[models.Page[models.AuditEntry]](t)(w.s.ListAudit(w.ctx, a, acme.ID, q))
			out = append(out, p.Items...)
			if q.After = p.Next; q.After == "" {
				return out
			}
		}
	}
	every := all(ada, models.AuditQuery{})
	if n := w.number("SELECT count(*) FROM audit WHERE org_id = $1", acme.ID); int64(len(every)) != n {
		t.Fatalf("%d entries, the table has %d", len(every), n)
	}
	for i, e := range every {
		if e.Seq != int64(len(every)-i) || e.ComputeHash() != e.Hash {
			t.Fatalf("entry %d: %+v", i, e)
		}
	}
	count := func(match func(models.AuditEntry) bool) (n int) {
		for _, e := range every {
			if match(e) {
				n++
			}
		}
		return n
	}
	for name, tt := range map[string]struct {
		q     models.AuditQuery
		match func(models.AuditEntry) bool
	}{
		"action":  {models.AuditQuery{Action: "invitation.approve"}, func(e models.AuditEntry) bool { return e.Action == "invitation.approve" }},
		"section": {models.AuditQuery{Action: "invitation"}, func(e models.AuditEntry) bool { return strings.HasPrefix(e.Action, "invitation.") }},
		"actor":   {models.AuditQuery{Actor: "BOB@example.com"}, func(e models.AuditEntry) bool { return e.ActorEmail == "bob@example.com" }},
		"nobody":  {models.AuditQuery{Actor: "nobody@example.com"}, func(e models.AuditEntry) bool { return false }},
		"target":  {models.AuditQuery{Target: "req@example.com"}, func(e models.AuditEntry) bool { return e.TargetLabel == "req@example.com" }},
		"since":   {models.AuditQuery{From: w.clock.Now().Add(time.Second)}, func(e models.AuditEntry) bool { return false }},
		"until":   {models.AuditQuery{Until: w.clock.Now().Add(time.Second)}, func(e models.AuditEntry) bool { return true }},
	} {
		if got, want := len(all(ada, tt.q)), count(tt.match); got != want {
			t.Errorf("%s: %d entries, want %d", name, got, want)
		}
	}
	for _, e := range all(vic, models.AuditQuery{}) {
		if e.ActorID != vic.UserID {
			t.Errorf("a viewer sees another's action: %+v", e)
		}
	}
	// What somebody typed is cut and harmless.
	if _, err := w.s.ChangeRole(w.ctx, vic, "ACME", strings.Repeat("\x1b[31mx", 10_000), models.RoleOwner); models.CodeOf(err) != models.CodeNotFound {
		t.Fatal(err)
	}
	if _, err := w.s.CreateInvitation(w.ctx, vic, acme.ID, models.NewInvitation{Email: strings.Repeat("\x1b[31mx", 10_000)}); models.CodeOf(err) != models.CodeDenied {
		t.Fatal(err)
	}
	if e := all(ada, models.AuditQuery{})[0]; strings.ContainsRune(e.TargetLabel, 0x1b) || len([]rune(e.TargetLabel)) > 300 || e.ActorEmail != "vic@example.com" || e.ActingAs != models.AsMember {
		t.Errorf("%+v", e)
	}
	// In what capacity somebody acted is part of the entry.
	bob := models.Actor{UserID: must[models.User](t)(w.s.UserByRef(w.ctx, "bob@example.com")).ID, Via: models.ViaTUI}
	bobs := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, bob, store.NewOrganization{Name: "Bobs", Code: "BOBS"}))
	w.set(ada, bobs.ID, models.SetMOTD, "by the site admin")
	w.set(models.Actor{UserID: ada.UserID, OnBehalfOf: bob.UserID, Via: models.ViaLocal}, bobs.ID, models.SetMOTD, "on behalf")
	if _, err := w.s.ListMembers(w.ctx, vic, "BOBS", models.MemberQuery{}); models.CodeOf(err) != models.CodeNotFound {
		t.Fatal(err)
	}
	p := must[models.Page[models.AuditEntry]](t)(w.s.ListAudit(w.ctx, bob, bobs.ID, models.AuditQuery{}))
	var got []string
	for _, e := range p.Items {
		got = append(got, strings.Join([]string{e.ActorEmail, string(e.ActingAs), e.OnBehalfOf, e.Action, string(e.Outcome), string(e.Via)}, " "))
	}
	want := []string{
		"vic@example.com outsider  member.list refused ssh",
		"ada@example.com member bob@example.com settings.update done local",
		"ada@example.com site_admin  settings.update done local",
		"bob@example.com member  organization.create done tui",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log of BOBS:\n%s", strings.Join(got, "\n"))
	}
}
