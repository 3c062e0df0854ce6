package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/config"
	"muster/internal/op"
	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
)

// strangersHouse is a database with an organization ACME that has one of
// everything, and people who have no part of it.
type strangersHouse struct {
	s       *store.Store
	db      *sql.DB
	real    map[string]string // what belongs to ACME
	never   map[string]string // what looks like it and never existed
	owner   models.Actor      // of ACME
	callers map[string]models.Actor
	orgs    map[string]string // how organizations are called that nobody of these may know
	// over, if set, is another door than SSH for the lines.
	over func(a models.Actor, in string, args []string) said
}

func outsiderKey(name string) models.PublicKey {
	sum := sha256.Sum256([]byte(name))
	return models.PublicKey{Type: "ssh-ed25519", Fingerprint: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), Wire: sum[:], Label: name}
}

// outsiderClock stands still, so that two answers never differ by how long ago
// something was.
func outsiderClock() time.Time { return time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC) }

func newStrangersHouse(t *testing.T) *strangersHouse { return newStrangersHouseWith(t, nil) }

// newStrangersHouseWith is newStrangersHouse with what ids are made from.
func newStrangersHouseWith(t *testing.T, rand io.Reader) *strangersHouse {
	ctx := t.Context()
	dir := t.TempDir()
	fresh.Database(t, dir)
	s, err := store.Open(ctx, store.Options{Dir: dir, Now: outsiderClock, Rand: rand})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db, err := sql.Open("sqlite", filepath.Join(dir, store.DatabaseFile)+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	k := outsiderKey("root@example.com")
	u, err := s.Init(ctx, store.NewUser{Name: "Root", Email: "root@example.com", Key: &k})
	check(err)
	root := models.Actor{UserID: u.ID, Via: models.ViaLocal, OwnerConfirmed: true}
	person := func(email, org string, role models.Role) models.Actor {
		k := outsiderKey(email)
		n := models.NewAccount{Email: email, Name: "Name of " + email, Key: &k, Org: org, Role: role}
		d, _, err := s.CreateUser(ctx, root, n)
		check(err)
		_, err = s.VerifyUser(ctx, root, "", d.ID)
		check(err)
		return models.Actor{UserID: d.ID, Via: models.ViaSSH, Key: k.Fingerprint, Address: "192.0.2.1", OwnerConfirmed: true}
	}
	organization := func(code string) string {
		v, err := s.CreateOrganization(ctx, root, store.NewOrganization{Name: code + " Corp", Code: code})
		check(err)
		_, err = s.SetPlan(ctx, root, v.ID, models.PlanEnterprise)
		check(err)
		return v.ID
	}

	home, acme, dead := organization("HOME"), organization("ACME"), organization("DEAD")
	h := &strangersHouse{s: s, db: db, callers: map[string]models.Actor{}, real: map[string]string{}}
	owner := person("olga@example.com", acme, models.RoleOwner)
	member := person("mel@example.com", acme, models.RoleMember)
	late := person("sue@example.com", acme, models.RoleMember)
	gone := person("gone@example.com", acme, models.RoleAdmin)
	h.callers["suspended member"] = late
	h.owner = owner
	for _, role := range []models.Role{models.RoleOwner, models.RoleAdmin, models.RoleMember} {
		h.callers["outsider, "+string(role)+" elsewhere"] = person("out-"+string(role)+"@example.com", home, role)
	}
	// Once an admin of ACME, with all that one leaves behind there.
	former := person("former@example.com", home, models.RoleOwner)
	inv, err := s.CreateInvitation(ctx, owner, acme, models.NewInvitation{Email: "former@example.com", Role: models.RoleAdmin})
	check(err)
	_, err = s.AcceptInvitation(ctx, former, inv.ID)
	check(err)
	h.callers["former member"] = former

	workspace, err := s.CreateWorkspace(ctx, owner, acme, models.NewWorkspace{Name: "Skunkworks"})
	check(err)
	_, err = s.SwitchWorkspace(ctx, former, acme, workspace.ID)
	check(err)
	_, err = s.AddWorkspaceMember(ctx, owner, acme, workspace.ID, member.UserID, models.WorkspaceEditor)
	check(err)
	project, err := s.CreateProject(ctx, owner, acme, workspace.ID, models.NewProject{Name: "Engine"})
	check(err)
	name := "Auditor"
	role, err := s.CreateRole(ctx, owner, acme, models.ScopeOrganization, models.RoleDraft{Name: &name, Permissions: []string{"audit.read"}})
	check(err)
	pending, err := s.CreateInvitation(ctx, former, acme, models.NewInvitation{Email: "pen@example.com"})
	check(err)
	request, err := s.CreateInvitation(ctx, member, acme, models.NewInvitation{Email: "req@example.com"})
	check(err)
	approved, err := s.CreateInvitation(ctx, member, acme, models.NewInvitation{Email: "app@example.com"})
	check(err)
	_, err = s.ApproveInvitation(ctx, owner, acme, approved.ID, "")
	check(err)
	link, err := s.CreateLink(ctx, owner, acme, models.NewLink{Label: "course"})
	check(err)
	service, err := s.CreateService(ctx, owner, acme, models.NewService{Name: "Crawler"})
	check(err)
	apiKey, err := s.CreateAPIKey(ctx, owner, acme, models.NewAPIKey{Label: "deploy", Service: service.ID})
	check(err)
	hook, delivery, err := anyWebhook(ctx, s, owner, acme)
	check(err)
	_, err = s.AddPaymentMethod(ctx, owner, acme, models.PaymentMethod{Label: "Pettycash"})
	check(err)
	nomination, err := s.Nominate(ctx, owner, acme, former.UserID)
	check(err)
	keys, err := s.ListKeys(ctx, member)
	check(err)
	_, err = db.ExecContext(ctx, "UPDATE user_keys SET proven_at = 1 WHERE id = ?", keys[0].ID) // as if they had signed in
	check(err)
	me, err := s.Me(ctx, member)
	check(err)
	for _, a := range []models.Actor{former, gone} {
		_, err = s.RemoveMember(ctx, owner, acme, a.UserID)
		check(err)
		told, err := s.Me(ctx, a) // who took them out, of which they know
		check(err)
		for _, n := range told.Notices {
			check(s.ReadNotices(ctx, a, n.ID))
		}
	}
	_, err = s.SuspendMember(ctx, owner, acme, late.UserID, "")
	check(err)
	check(s.Leave(ctx, root, acme))
	_, err = s.DeleteOrganization(ctx, root, dead, "DEAD")
	check(err)
	for who, a := range h.callers {
		at := a
		at.Login = "laptop" // which they come from ever after
		h.callers[who] = at
		if a != late {
			_, err = s.SwitchOrganization(ctx, at, home)
			check(err)
		}
	}
	mine, err := s.ListOrganizations(ctx, owner)
	check(err)

	h.real = map[string]string{
		"code": "ACME", "organization": acme, "user": member.UserID, "email": "mel@example.com", "handle": me.Handle, "owner": owner.UserID,
		"suspended": late.UserID, "gone": "gone@example.com", "invitation": pending.ID, "invited": "pen@example.com", "request": request.ID, "asked": "req@example.com",
		"approved": approved.ID, "workspace": workspace.ID, "workspacename": "Skunkworks", "project": project.ID, "projectname": "Engine",
		"role": role.ID, "rolename": "Auditor", "link": link.ID, "transfer": nomination.ID, "key": keys[0].ID, "fingerprint": keys[0].Fingerprint,
		"service": service.ID, "servicename": "Crawler", "apikey": apiKey.ID, "webhook": hook, "delivery": delivery, "payment": "Pettycash",
	}
	h.orgs = map[string]string{"code": "ACME", "id": acme, "code in other letters": "aCmE", "deleted": "DEAD", "deleted id": dead}
	for _, e := range mine {
		if e.Relation == models.RelPersonal {
			h.orgs["somebody's personal workspace"] = e.ID
		}
	}
	h.never = map[string]string{}
	for kind, v := range h.real {
		switch {
		case strings.Contains(v, "@"):
			h.never[kind] = "nobody-" + kind + "@example.com"
		case strings.HasPrefix(v, "SHA256:"):
			h.never[kind] = outsiderKey("nobody").Fingerprint
		case strings.Contains(v, "_"):
			prefix, _, _ := strings.Cut(v, "_")
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(kind)))
			h.never[kind] = prefix + "_" + sum[:len(v)-len(prefix)-1]
		default:
			h.never[kind] = "NEVER" + kind
		}
	}
	h.never["code"] = "NEVER"
	return h
}

// severalRefused begins the answer about several things: each has a result.
const severalRefused = `{"items":[{"id":"…","ok":false,"error":{"code":"`

// said is what one run told its caller.
type said struct {
	status    int
	out, errs string
}

func (h *strangersHouse) run(a models.Actor, in, login string, args ...string) said {
	if h.over != nil && login == "" {
		return h.over(a, in, args)
	}
	var out, errs bytes.Buffer
	a.Login = cmp.Or(login, a.Login)
	status := Run(context.Background(), Env{
		Args: args, In: strings.NewReader(in), Out: &out, Err: &errs, Getenv: func(string) string { return "" },
		Now: outsiderClock, After: time.After,
		Remote: &Remote{Store: h.s, Actor: a, Login: login, Key: models.PublicKey{Fingerprint: a.Key}, Log: slog.New(slog.DiscardHandler),
			Site: siteOfTests()},
	})
	return said{status, out.String(), errs.String()}
}

// filled puts names into a line, and gives how to take them out of the answer
// again.
func filled(line string, names map[string]string) ([]string, *strings.Replacer) {
	words := strings.Fields(line)
	var taken []string
	for i, w := range words {
		for kind, v := range names {
			if strings.Contains(w, "{"+kind+"}") {
				words[i] = strings.ReplaceAll(words[i], "{"+kind+"}", v)
				taken = append(taken, v)
			}
		}
	}
	// The longest first, since a code may be part of an address.
	slices.SortFunc(taken, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, v := range slices.Compact(taken) {
		pairs = append(pairs, v, "…")
	}
	return words, strings.NewReplacer(pairs...)
}

func (s said) without(names *strings.Replacer) said {
	return said{s.status, names.Replace(s.out), names.Replace(s.errs)}
}

// operationOf is the operation that a command line runs over SSH.
func operationOf(t *testing.T, l string) string {
	t.Helper()
	c := &cli{env: Env{Remote: &Remote{}, Getenv: func(string) string { return "" }}}
	args := strings.Fields(l)
	cmd, rest, err := c.root().Find(args)
	if err != nil {
		t.Fatal(err)
	}
	if cmd.Name() == "join" {
		return "code." + rest[1]
	}
	var rows []*op.Row
	for _, some := range c.offered() {
		if named := op.Find(cmd.Annotations[operation]); slices.Contains(some, named) {
			rows = some
		}
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	r, err := chosen(cmd, rows, cmd.Flags().Args())
	if err != nil {
		t.Fatal(err)
	}
	if on(cmd, dryRun) {
		return r.Preview
	}
	return r.Name
}

// TestOutsidersAreToldNothing holds that whoever has no part of an organization
// gets "not found" from every command, and not a byte else than for what never
// existed (docs/rules.md, "Organizations"). An operation without a row fails.
func TestOutsidersAreToldNothing(t *testing.T) {
	outsidersAreToldNothing(t, newStrangersHouse(t))
}

func outsidersAreToldNothing(t *testing.T, h *strangersHouse) {
	rows := outsiderRows()
	byHand := []string{"open", "version"}
	for _, r := range op.All() {
		if r.Door == op.DoorRequest || r.Door == op.DoorNew {
			continue // they belong to a login, which leads into no organization
		}
		if len(rows[r.Name].lines) == 0 {
			t.Errorf("%q has no row here: how would an outsider call it?", r.Name)
		}
	}
	for name, r := range rows {
		o := op.Find(name)
		if o == nil && !slices.Contains(byHand, name) {
			t.Errorf("there is no operation %q any more", name)
		}
		for _, l := range r.lines {
			if o == nil {
				break
			}
			if got := operationOf(t, l); got != name {
				t.Errorf("%q stands in the row of %q, and runs %q", l, name, got)
			}
		}
	}

	for _, who := range slices.Sorted(maps.Keys(h.callers)) {
		if who == "suspended member" {
			continue
		}
		t.Run(who, func(t *testing.T) {
			a := h.callers[who]
			for _, name := range slices.Sorted(maps.Keys(rows)) {
				r := rows[name]
				for _, l := range r.lines {
					h.named(t, who, a, r, l)
					h.within(t, who, a, r, l)
				}
			}
		})
	}
	t.Run("as the name of a login", func(t *testing.T) {
		// A name that is nothing of theirs is never there, whoever else has it.
		for who, a := range h.callers {
			for _, l := range []string{"org show", "member list", "invite list", "workspace list", "settings get", "can-i", "whoami"} {
				got := h.run(a, "", "ACME", strings.Fields(l)...).without(strings.NewReplacer("ACME", "…"))
				want := h.run(a, "", "NEVER", strings.Fields(l)...).without(strings.NewReplacer("NEVER", "…"))
				status := models.CodeNotFound.ExitStatus()
				if l == "whoami" {
					status = 0
				}
				if who != "suspended member" && (got != want || got.status != status) {
					t.Errorf("%s: ssh ACME@host %s: %+v, and for what never was %+v", who, l, got, want)
				}
			}
		}
	})
	t.Run("suspended member", func(t *testing.T) {
		// They know the organization, and nothing in it. They may leave it, which a
		// test of the store tries.
		a := h.callers["suspended member"]
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			r := rows[name]
			if name == "member.leave" || name == "member.leave.preview" {
				continue
			}
			for _, l := range r.lines {
				if r.own != "" || strings.Contains(l, "{code}") || strings.Contains(l, "{organization}") || byIDAlone(l) {
					continue
				}
				got := h.both(t, "suspended member", a, r.in, l, "--org", "ACME", "--org", "ACME")
				if got.status != models.CodeDenied.ExitStatus() && got.status != models.CodeNotFound.ExitStatus() || got.out != "" && !strings.HasPrefix(got.out, severalRefused) {
					t.Errorf("%s --org ACME: status %d, %s%s", l, got.status, got.out, got.errs)
				}
			}
		}
	})
}

// forgetTries lets callers ask to join more often than on one day.
func (h *strangersHouse) forgetTries(t *testing.T) {
	t.Helper()
	if _, err := h.db.ExecContext(t.Context(), "DELETE FROM join_attempts"); err != nil {
		t.Fatal(err)
	}
}

// byIDAlone tells lines that find their organization by the id of a thing in it.
// Whoever is suspended there is told that, and nothing else.
func byIDAlone(l string) bool {
	for _, kind := range []string{"invitation", "request", "approved", "link", "transfer"} {
		if strings.Contains(l, "{"+kind+"}") {
			return true
		}
	}
	return false
}

// both runs a line with what is there and with what never existed, and holds
// the answers to be the same.
func (h *strangersHouse) both(t *testing.T, who string, a models.Actor, in, l string, where ...string) said {
	t.Helper()
	half := len(where) / 2
	there, taken := filled(l, h.real)
	nowhere, spare := filled(l, h.never)
	if form := "--json"; !strings.HasPrefix(l, "audit export") { // whose form is its own
		there, nowhere = append(there, form), append(nowhere, form)
	}
	if strings.HasPrefix(l, "org request") {
		h.forgetTries(t)
	}
	got := h.run(a, in, "", append(there, where[:half]...)...).without(taken)
	want := h.run(a, in, "", append(nowhere, where[half:]...)...).without(spare)
	if half > 0 && where[1] != where[half+1] {
		got.errs = strings.ReplaceAll(got.errs, where[1], "…")
		want.errs = strings.ReplaceAll(want.errs, where[half+1], "…")
	}
	if got != want {
		t.Errorf("%s: %q tells what is there from what never was:\n%+v\n%+v", who, strings.Join(append([]string{l}, where[:half]...), " "), got, want)
	}
	return got
}

// named calls a line with --org for each way to name an organization.
func (h *strangersHouse) named(t *testing.T, who string, a models.Actor, r outsiderRow, l string) {
	t.Helper()
	for how, org := range h.orgs {
		never := "NEVER"
		if strings.HasPrefix(org, "org_") {
			never = h.never["organization"]
		}
		got := h.both(t, who, a, r.in, l, "--org", org, "--org", never)
		rows := strings.HasPrefix(got.out, severalRefused+"not_found")
		if r.own == "" && (got.status != models.CodeNotFound.ExitStatus() || got.out != "" && !rows) {
			t.Errorf("%s: %q with --org as %s: status %d, %s%s", who, l, how, got.status, got.out, got.errs)
		}
	}
}

// within calls a line in the caller's own organization, with what belongs to
// the other.
func (h *strangersHouse) within(t *testing.T, who string, a models.Actor, r outsiderRow, l string) {
	t.Helper()
	if !strings.Contains(l, "{") {
		return
	}
	if strings.Contains(l, "--target") {
		return // the caller's own log holds what this test tried on either
	}
	got := h.both(t, who, a, r.in, l)
	allowed := []models.Code{models.CodeNotFound, models.CodeDenied}
	if strings.Contains(l, "--role {role}") || strings.Contains(l, "--confirm {code}") {
		allowed = append(allowed, models.CodeInvalid) // there is no such role here, and the code is another
	}
	finds := strings.Contains(l, "--search") || strings.Contains(l, "--actor")
	if r.own == "" && !(finds && got.status == 0) && !slices.ContainsFunc(allowed, func(c models.Code) bool { return c.ExitStatus() == got.status }) {
		t.Errorf("%s: %q: status %d, %s%s", who, l, got.status, got.out, got.errs)
	}
	if word := got.tells(append(inACME(), "ACME")); word != "" {
		t.Errorf("%s: %q tells of %s: %s%s", who, l, word, got.out, got.errs)
	}
}

// tells gives the first of some words that an answer holds.
func (s said) tells(words []string) string {
	for _, w := range words {
		if strings.Contains(s.out+s.errs, w) {
			return w
		}
	}
	return ""
}

func siteOfTests() Site {
	in := installation{Config: &config.Config{}}
	return Site{Mail: true, Site: op.Site{
		Name: "host", HostKey: func() (string, error) { return "SHA256:host", nil },
		JoinCommand: func(code string) string { return "ssh join+" + code + "@host" },
		Bindings:    in.bindings, CheckBindings: in.checkBindings,
	}}
}
