package plain

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/op"
	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
)

// inShell is why something for machines is in no pane.
const inShell = "it is for the shell in which hosts and git are set up"

// elsewhere says of operations why nothing in plain mode leads to them.
var elsewhere = map[string]string{
	"can_i":           "can_i.list answers all of it",
	"project.list":    "a pane of its own, inside a workspace",
	"invitation.undo": "u runs it",
	"member.keys":     inShell, "member.revoke_key": inShell, "certificate.issue": inShell, "certificate.rotate": inShell,
	"organization.apply": "its file is edited elsewhere", "organization.plan": "its file is edited elsewhere", "organization.export": "its file is edited elsewhere",
	"event.list": "the pane of the log shows them", "event.follow": "the pane of the log shows them as they come",
	"api_key.verify": "it is for programs, and a key is not typed on a screen",
}

// walk calls f for a pane and all that it leads to.
func walk(p *pane, f func(*pane)) {
	f(p)
	for _, a := range append(p.rows[:len(p.rows):len(p.rows)], p.top...) {
		if a.pane != nil {
			walk(a.pane(models.WorkspaceView{}), f)
		}
	}
}

func allPanes(f func(*pane)) {
	s := &Session{org: models.OrgView{Organization: models.Organization{Kind: models.KindShared}}}
	s.me.SiteAdmin = true
	for _, p := range s.panes() {
		walk(p, f)
	}
}

// TestEverythingCanBeDone holds that each operation of somebody who is signed in
// is done somewhere in plain mode.
func TestEverythingCanBeDone(t *testing.T) {
	led := map[string]bool{"settings.update": true, "code.show": true, "code.accept": true, "code.decline": true} // by functions of their own
	allPanes(func(p *pane) {
		led[p.list], led[p.open] = true, true
		for _, a := range append(p.rows[:len(p.rows):len(p.rows)], p.top...) {
			led[a.op] = true
			if a.op != "" && op.Find(a.op) == nil {
				t.Errorf("%s: there is no operation %q", p.title, a.op)
			}
			if a.op == "" && a.pane == nil && a.run == nil {
				t.Errorf("%s: %s does nothing", p.title, a.title)
			}
		}
	})
	for _, r := range op.All() {
		if r.Command == "" || r.Door != "" || led[r.Name] || elsewhere[r.Name] != "" {
			continue
		}
		t.Errorf("nothing in plain mode leads to %s", r.Name)
	}
}

// TestPanesFitTheirOperations holds that what tables name exists in the inputs.
func TestPanesFitTheirOperations(t *testing.T) {
	allPanes(func(p *pane) {
		list := op.Find(p.list)
		for _, name := range p.only {
			if _, ok := list.Field(name); !ok {
				t.Errorf("%s: %s has no input %s", p.title, p.list, name)
			}
		}
		named := p.rows
		if p.open != "" {
			named = append(named[:len(named):len(named)], action{op: p.open})
		}
		for _, a := range named {
			if p.key == "" || a.op == "" || a.with != nil {
				continue
			}
			if _, ok := op.Find(a.op).Field(p.key); !ok && len(op.Find(a.op).Fields) > 0 {
				t.Errorf("%s: %s has no input %s", p.title, a.op, p.key)
			}
		}
	})
}

// desk is a door on a real store, with answers that are typed ahead.
type desk struct {
	st    *store.Store
	actor models.Actor
	now   func() time.Time
	in    []string
	said  strings.Builder
	org   string
	// before runs before the question with that number is answered.
	before map[int]func()
	asked  int
}

func (d *desk) Ask(q string) (string, error) {
	d.said.WriteString(q)
	if f := d.before[d.asked]; f != nil {
		f()
	}
	if d.asked++; d.asked > len(d.in) {
		return "", io.EOF
	}
	line := d.in[d.asked-1]
	d.said.WriteString(line + "\n")
	return line, nil
}

func (d *desk) Say(line string) error {
	d.said.WriteString(line + "\n")
	return nil
}

func (d *desk) Fail(err error) error { return d.Say("Error: " + models.AsError(err).Message) }

func (d *desk) Do(ctx context.Context, as models.Actor, r *op.Row, in any) (any, error) {
	if err := r.Check(in); err != nil {
		return nil, err
	}
	for _, f := range r.Fields {
		if f.From == "org" && f.Of(in).String() == "" {
			f.Set(in, d.org)
		}
	}
	return r.Run(ctx, op.Deps{Store: d.st, Now: d.now, Site: op.Site{JoinCommand: func(code string) string { return code }}}, as, in)
}

func (d *desk) Show(_ context.Context, r *op.Row, _ any, _ int) error {
	return d.Say("<" + r.Name + ">")
}
func (d *desk) InOrg(org models.OrgView)  { d.org = org.ID }
func (d *desk) Me() models.Actor          { return d.actor }
func (d *desk) SignIn(id string)          { d.actor.UserID = id }
func (d *desk) Try(context.Context) error { return nil }

// acme is an organization with an owner, an admin and a member.
type acme struct {
	t                *testing.T
	st               *store.Store
	now              time.Time
	org              models.OrgView
	owner, admin, cy models.Actor
}

func newAcme(t *testing.T) *acme {
	t.Helper()
	a := &acme{t: t, now: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	fresh.Database(t, dir)
	st, err := store.Open(t.Context(), store.Options{Dir: dir, Now: func() time.Time { return a.now }})
	a.must(err)
	t.Cleanup(func() { a.must(st.Close()) })
	a.st = st
	u, err := st.Init(t.Context(), store.NewUser{Name: "Ada", Email: "ada@example.com"})
	a.must(err)
	a.owner = models.Actor{UserID: u.ID, Via: models.ViaTUI, Door: models.DoorLocal}
	a.org, err = st.CreateOrganization(t.Context(), a.owner, store.NewOrganization{Name: "Acme", Code: "ACME"})
	a.must(err)
	a.admin, a.cy = a.user("bob@example.com", "admin"), a.user("cy@example.com", "member")
	return a
}

func (a *acme) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *acme) user(email, role string) models.Actor {
	a.t.Helper()
	r := op.Find("user.create")
	in := r.New()
	put(in, values{"Org": a.org.ID, "Email": email, "Name": email[:2], "Role": role})
	out, err := r.Run(a.t.Context(), op.Deps{Store: a.st, Now: func() time.Time { return a.now }, Site: op.Site{JoinCommand: func(c string) string { return c }}}, a.owner, in)
	a.must(err)
	return models.Actor{UserID: text(out, "ID"), Via: models.ViaTUI, Door: models.DoorLocal}
}

// plays lets somebody type, and gives what they read.
func (a *acme) plays(who models.Actor, before map[int]func(), typed ...string) string {
	a.t.Helper()
	d := &desk{st: a.st, actor: who, now: func() time.Time { return a.now }, in: typed, before: before}
	s := &Session{Door: d, Store: a.st, Now: d.now}
	a.must(s.Run(a.t.Context(), a.org.ID, ""))
	return d.said.String()
}

func (a *acme) says(text string, wants ...string) {
	a.t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			a.t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestUndoIsRefusedWhenOvertaken(t *testing.T) {
	a := newAcme(t)
	out := a.plays(a.admin, map[int]func(){4: func() { // before u
		_, err := a.st.ChangeRole(t.Context(), a.owner, a.org.ID, a.cy.UserID, models.RoleAdmin)
		a.must(err)
	}}, "1", "3", "1", "viewer", "u", "q")
	a.says(out, "Type u to undo.", "has changed", "ada@example.com")
	m, err := a.st.Member(t.Context(), a.owner, a.org.ID, a.cy.UserID)
	if a.must(err); m.Role != models.RoleAdmin {
		t.Errorf("the role is %s", m.Role)
	}
}

func TestUndoOfADecisionEnds(t *testing.T) {
	a := newAcme(t)
	_, err := a.st.CreateInvitation(t.Context(), a.cy, a.org.ID, models.NewInvitation{Email: "dee@example.com"})
	a.must(err)
	out := a.plays(a.admin, map[int]func(){4: func() { a.now = a.now.Add(models.UndoTime) }}, "2", "1", "2", "no", "u", "q")
	a.says(out, "2. Invitations, 1 to review", "Type u within 10 seconds to undo.", "Nothing to undo.")
}

// TestWhoeverIsRemovedIsTold also holds that they go on where they belong.
func TestWhoeverIsRemovedIsTold(t *testing.T) {
	a := newAcme(t)
	out := a.plays(a.cy, map[int]func(){1: func() {
		_, err := a.st.RemoveMember(t.Context(), a.admin, a.org.ID, a.cy.UserID)
		a.must(err)
	}}, "1", "r", "q")
	a.says(out, "You no longer have access to Acme.", "Personal workspace. You are cy@example.com")
}

// TestAChangedRowIsLookedUp holds that an action is done to a row as it is now.
func TestAChangedRowIsLookedUp(t *testing.T) {
	a := newAcme(t)
	out := a.plays(a.admin, map[int]func(){2: func() {
		_, err := a.st.SuspendMember(t.Context(), a.owner, a.org.ID, a.cy.UserID, "")
		a.must(err)
	}}, "1", "3", "2", "q")
	a.says(out, "Error: cy@example.com is suspended already")
}

func TestASettingThatLocksOutAsksOnceMore(t *testing.T) {
	a := newAcme(t)
	at := a.owner
	at.Door, at.Address = models.DoorSSH, "192.0.2.7"
	n := 0
	for i, d := range models.Settings() {
		if d.Key == "security.ip_allowlist" {
			n = i + 1
		}
	}
	out := a.plays(at, nil, "3", strconv.Itoa(n), "1", "198.51.100.0/24", "n", "q")
	a.says(out, "Save anyway? [y/N]")
	v, err := a.st.Setting(t.Context(), a.owner, a.org.ID, "security.ip_allowlist")
	if a.must(err); v.Value != "" {
		t.Errorf("the setting is %q", v.Value)
	}
	a.says(a.plays(at, nil, "3", strconv.Itoa(n), "1", "198.51.100.0/24", "y", "q"), "<settings.update>")
}

func TestErrorsEndOnlyWhatTheyMust(t *testing.T) {
	for err, over := range map[error]bool{io.EOF: true, ErrDeclined: false, models.Errorf(models.CodeDenied, "no"): false} {
		s := &Session{Door: &desk{}}
		if got := s.failed(err); (got != nil) != over {
			t.Errorf("%v gives %v", err, got)
		}
	}
	if err := over(errors.New("disk")); err == nil {
		t.Error("a fault is no end that was asked for")
	}
}

// An entry of the log says what it changed in words, a field a line.
func TestAuditEntriesSayWhatChanged(t *testing.T) {
	item := struct {
		Action        string
		Before, After json.RawMessage
	}{"member.role", json.RawMessage(`{"role":"member","invited_by":"ada@acme.dev"}`), json.RawMessage(`{"role":"admin","invited_by":"ada@acme.dev"}`)}
	got := strings.Join(auditPane().explain(item), "\n")
	if want := "Action: member.role\nRole: was member, now admin"; got != want {
		t.Errorf("an entry reads\n%s\nwant\n%s", got, want)
	}
	item.Before, item.After = nil, json.RawMessage(`{"status":"pending"}`)
	if got := strings.Join(auditPane().explain(item), "\n"); got != "Action: member.role\nStatus: now pending" {
		t.Errorf("an entry of something new reads\n%s", got)
	}
}
