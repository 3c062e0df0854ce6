package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

// How each command is called with what belongs to an organization in which the
// caller has no part. {kind} stands for the id or the name of such a thing.
// Every line is run twice: with what is there and with what never existed.
type outsiderRow struct {
	lines []string
	in    string // standard input
	// own says why an answer other than "not found" is right: then the two
	// answers are only held to be the same.
	own string
}

func line(lines ...string) outsiderRow { return outsiderRow{lines: lines} }

func own(why string, lines ...string) outsiderRow { return outsiderRow{lines: lines, own: why} }

const (
	ofTheCaller = "it is about the caller's own account, whatever --org says"
	byTheCode   = "who holds a code may look at what it is for; these never existed"
)

func outsiderRows() map[string]outsiderRow {
	return map[string]outsiderRow{
		"audit export": line("audit export", "audit export --actor {user}", "audit export --target {project}"),
		"audit list":   line("audit list", "audit list --actor {email}", "audit list --actor {user}", "audit list --target {invitation}", "audit list --target {code}", "audit list --action invitation"),
		"audit verify": line("audit verify"),
		"can-i":        line("can-i", "can-i invite", "can-i project.change", "can-i --workspace {workspace}", "can-i project.manage --workspace {workspacename}"),

		"invite accept":      line("invite accept {invitation}", "invite accept {request}"),
		"invite approve":     line("invite approve {request}", "invite approve {request} --role {role}", "invite approve {request} {invitation}", "invite approve {asked}"),
		"invite code":        line("invite code {invitation}", "invite code {invited}"),
		"invite create":      line("invite create --email new@example.com", "invite create --email new@example.com --role {role}", "invite create --email new@example.com --workspace {workspace}:editor"),
		"invite decline":     line("invite decline {invitation}", "invite decline {request}"),
		"invite import":      {lines: []string{"invite import -", "invite import - --dry-run"}, in: "new@example.com\n"},
		"invite link code":   line("invite link code {link}"),
		"invite link create": line("invite link create"),
		"invite link list":   line("invite link list", "invite link list --active"),
		"invite link revoke": line("invite link revoke {link}"),
		"invite link show":   line("invite link show {link}"),
		"invite list":        line("invite list", "invite list --search {invited}", "invite list --mine"),
		"invite mine":        own(ofTheCaller, "invite mine", "invite mine --requests"),
		"invite regenerate":  line("invite regenerate {invitation}", "invite regenerate {invited}"),
		"invite reject":      line("invite reject {request}", "invite reject {request} --reason no", "invite reject {asked}"),
		"invite resend":      line("invite resend {invitation}", "invite resend {invited}"),
		"invite revoke":      line("invite revoke {invitation}", "invite revoke {invited}"),
		"invite show":        line("invite show {invitation}", "invite show {request}", "invite show {invited}", "invite show {invitation} {request}"),
		"invite stats":       line("invite stats"),
		"invite undo":        line("invite undo {invitation}", "invite undo {approved}"),
		"invite withdraw":    line("invite withdraw {request}", "invite withdraw {asked}"),
		"join":               own(byTheCode, "join AAAAAAAAAAAAAAAAAAAAAAAAAA show", "join AAAAAAAAAAAAAAAAAAAAAAAAAA accept", "join AAAAAAAAAAAAAAAAAAAAAAAAAA decline", "join {invitation} show", "join {link} accept"),

		"key add":    {lines: []string{"key add"}, in: "nonsense", own: ofTheCaller},
		"key list":   own(ofTheCaller, "key list"),
		"key pair":   own(ofTheCaller, "key pair unexpected"),
		"key remove": own(ofTheCaller, "key remove {key}", "key remove {fingerprint}"),
		"key rename": own(ofTheCaller, "key rename {key} mine", "key rename {fingerprint} mine"),

		"member end":        line("member end {user} --never", "member end {email} --at 30d"),
		"member former":     line("member former", "member former --search {gone}"),
		"member leave":      line("member leave --yes"),
		"who":               line("who"),
		"member list":       line("member list", "member list --search {email}", "member list --role {role}"),
		"member reactivate": line("member reactivate {user}", "member reactivate {suspended}"),
		"member remove":     line("member remove {user} --yes", "member remove {email} --dry-run", "member remove {handle} --yes"),
		"member restore":    line("member restore {gone}"),
		"member role":       line("member role {user} admin", "member role {email} viewer", "member role {user} {role}"),
		"member show":       line("member show {user}", "member show {email}", "member show {handle}", "member show {owner}"),
		"member suspend":    line("member suspend {user}", "member suspend {email} --reason no"),

		"open": own("it opens the app, which asks as the others do", "open {code}", "open {code}/members"),

		"org accept-transfer":  line("org accept-transfer {code}", "org accept-transfer {transfer}"),
		"org cancel-transfer":  line("org cancel-transfer", "org cancel-transfer {transfer}"),
		"org create":           own("it makes one of one's own", "org create"),
		"org decline-transfer": line("org decline-transfer {code}", "org decline-transfer {transfer}"),
		"org delete":           line("org delete --confirm {code}", "org delete {code} --dry-run", "org delete {organization} --confirm {code}"),
		"org list":             own("it lists the caller's own; all of them are for site admins", "org list", "org list --all", "org list --deleted"),
		"org overview":         line("org overview"),
		"org request":          line("org request {code}"),
		"org restore":          own("it is for site admins", "org restore {code}", "org restore {organization}"),
		"org show":             line("org show", "org show {code}", "org show {organization}"),
		"org transfer":         line("org transfer {user}", "org transfer {email}"),
		"org update":           line("org update --name Mine", "org update {code} --name Mine", "org update {organization} --motd hello"),
		"org upgrade":          own("it makes one of one's own", "org upgrade"),

		"plan list": line("plan list"),
		"plan set":  line("plan set team", "plan set team --dry-run"),
		"plan show": line("plan show"),

		"project create": line("project create --name New", "project create --name New --workspace {workspace}", "project create --name New --workspace {workspacename}"),
		"project delete": line("project delete {project} --yes", "project delete {projectname} --workspace {workspace} --yes"),
		"project list":   line("project list", "project list --workspace {workspace}", "project list --search {projectname}"),
		"project show":   line("project show {project}", "project show {projectname} --workspace {workspace}", "project show {project} --workspace {workspacename}"),
		"project update": line("project update {project} --name New", "project update {projectname} --workspace {workspace} --environment staging"),

		"role create": line("role create --name New --permission audit.read"),
		"role delete": line("role delete {role}", "role delete {rolename}"),
		"role list":   line("role list"),
		"role show":   line("role show {role}", "role show {rolename}", "role show admin"),
		"role update": line("role update {role} --name New", "role update {rolename} --permission audit.read"),

		"settings get": line("settings get", "settings get billing", "settings get members.who_may_invite"),
		"settings set": line("settings set general.message_of_the_day=hello", "settings set members.who_may_invite=members --force"),
		"switch":       line("switch {code}", "switch {organization}"),

		"two-factor confirm":  own(ofTheCaller, "two-factor confirm 123456"),
		"two-factor disable":  own(ofTheCaller, "two-factor disable 123456"),
		"two-factor enrol":    own(ofTheCaller, "two-factor enrol unexpected"),
		"two-factor recovery": own(ofTheCaller, "two-factor recovery 123456"),
		"two-factor reset":    own("it is for site admins", "two-factor reset {email}", "two-factor reset {user}"),
		"two-factor status":   own(ofTheCaller, "two-factor status"),
		"two-factor verify":   own(ofTheCaller, "two-factor verify 123456"),

		"user create":      line("user create --email new@example.com --name New", "user create --email new@example.com --name New --role {role}"),
		"user delete":      line("user delete {user} --confirm {email}", "user delete {email} --dry-run"),
		"user edit":        line("user edit {user} --name New", "user edit {email} --email new@example.com"),
		"user enrol":       line("user enrol {user}", "user enrol {email}"),
		"user list":        line("user list", "user list --search {email}", "user list --site-admins"),
		"user reactivate":  line("user reactivate {user}", "user reactivate {email}"),
		"user sessions":    own(ofTheCaller, "user sessions"),
		"user show":        line("user show {user}", "user show {email}", "user show {handle}"),
		"user suspend":     line("user suspend {user}", "user suspend {email} --reason no"),
		"user update":      own(ofTheCaller, "user update"),
		"version":          own("it is about the binary", "version"),
		"user prefer":      own(ofTheCaller, "user prefer theme dark"),
		"user preferences": own(ofTheCaller, "user preferences"),
		"whoami":           own(ofTheCaller, "whoami"),

		"workspace add":     line("workspace add {workspace} {user}", "workspace add {workspacename} {email} --role editor"),
		"workspace create":  line("workspace create --name New"),
		"workspace delete":  line("workspace delete {workspace} --dry-run", "workspace delete {workspace} --confirm {workspacename}"),
		"workspace list":    line("workspace list", "workspace list --search {workspacename}"),
		"workspace members": line("workspace members {workspace}", "workspace members {workspacename} --search {email}", "workspace members"),
		"workspace remove":  line("workspace remove {workspace} {user}", "workspace remove {workspacename} {email}"),
		"workspace role":    line("workspace role {workspace} {user} admin"),
		"workspace show":    line("workspace show {workspace}", "workspace show {workspacename}", "workspace show"),
		"workspace switch":  line("workspace switch {workspace}", "workspace switch {workspacename}"),
		"workspace update":  line("workspace update {workspace} --name New", "workspace update {workspacename} --description new"),
	}
}

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
}

func outsiderKey(name string) models.PublicKey {
	sum := sha256.Sum256([]byte(name))
	return models.PublicKey{Type: "ssh-ed25519", Fingerprint: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), Wire: sum[:], Label: name}
}

// outsiderClock stands still, so that two answers never differ by how long ago
// something was.
func outsiderClock() time.Time { return time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC) }

func newStrangersHouse(t *testing.T) *strangersHouse {
	ctx := t.Context()
	dir := t.TempDir()
	s, err := store.Open(ctx, store.Options{Dir: dir, Create: true, Now: outsiderClock})
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
	root := models.Actor{UserID: u.ID, Via: models.ViaLocal}
	person := func(email, org string, role models.Role) models.Actor {
		k := outsiderKey(email)
		n := models.NewAccount{Email: email, Name: "Name of " + email, Key: &k, Org: org, Role: role}
		d, _, err := s.CreateUser(ctx, root, n)
		check(err)
		return models.Actor{UserID: d.ID, Via: models.ViaSSH, Key: k.Fingerprint, Address: "192.0.2.1"}
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
	nomination, err := s.Nominate(ctx, owner, acme, former.UserID)
	check(err)
	keys, err := s.ListKeys(ctx, member)
	check(err)
	me, err := s.Me(ctx, member)
	check(err)
	for _, a := range []models.Actor{former, gone} {
		_, err = s.RemoveMember(ctx, owner, acme, a.UserID)
		check(err)
	}
	_, err = s.SuspendMember(ctx, owner, acme, late.UserID, "")
	check(err)
	check(s.Leave(ctx, root, acme))
	_, err = s.DeleteOrganization(ctx, root, dead, "DEAD")
	check(err)
	for _, a := range h.callers {
		if a != late {
			_, err = s.SwitchOrganization(ctx, a, home)
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

// said is what one run told its caller.
type said struct {
	status    int
	out, errs string
}

func (h *strangersHouse) run(a models.Actor, in, login string, args ...string) said {
	var out, errs bytes.Buffer
	status := Run(context.Background(), Env{
		Args: args, In: strings.NewReader(in), Out: &out, Err: &errs, Getenv: func(string) string { return "" },
		Now: outsiderClock, After: time.After,
		Remote: &Remote{Store: h.s, Actor: a, Login: login, Key: models.PublicKey{Fingerprint: a.Key}, Log: slog.New(slog.DiscardHandler),
			Site: Site{Name: "host", Mail: true, JoinCommand: func(code string) string { return "ssh join+" + code + "@host" }}},
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

// TestOutsidersAreToldNothing holds that whoever has no part of an organization
// gets "not found" from every command, and not a byte else than for what never
// existed (PRODUCT.md §2). A command without a row fails.
func TestOutsidersAreToldNothing(t *testing.T) {
	rows := outsiderRows()
	root := tree(&Remote{})
	found := map[string]bool{}
	walk(root, func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), root.CommandPath()+" ")
		if cmd.HasSubCommands() || name == "help" || strings.HasPrefix(name, "completion") {
			return // cobra's own
		}
		found[name] = true
		if len(rows[name].lines) == 0 {
			t.Errorf("%q has no row here: how would an outsider call it?", name)
		}
	})
	for name, r := range rows {
		if !found[name] {
			t.Errorf("there is no command %q any more", name)
		}
		for _, l := range r.lines {
			if !strings.HasPrefix(l, name) {
				t.Errorf("%q stands in the row of %q", l, name)
			}
		}
	}

	h := newStrangersHouse(t)
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
		// Any other name leads to the organization used last.
		for who, a := range h.callers {
			for _, l := range []string{"org show", "member list", "invite list", "workspace list", "settings get", "can-i", "whoami"} {
				got, want := h.run(a, "", "ACME", strings.Fields(l)...), h.run(a, "", "NEVER", strings.Fields(l)...)
				if who != "suspended member" && (got != want || got.status != 0) {
					t.Errorf("%s: ssh ACME@host %s: %+v, and for what never was %+v", who, l, got, want)
				}
			}
		}
	})
	t.Run("suspended member", func(t *testing.T) {
		// They know the organization, and nothing in it.
		a := h.callers["suspended member"]
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			r := rows[name]
			for _, l := range r.lines {
				if r.own != "" || strings.Contains(l, "{code}") || strings.Contains(l, "{organization}") || byIDAlone(l) {
					continue
				}
				got := h.both(t, "suspended member", a, r.in, l, "--org", "ACME", "--org", "ACME")
				if got.status != models.CodeDenied.ExitStatus() && got.status != models.CodeNotFound.ExitStatus() || got.out != "" {
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
		rows := strings.HasPrefix(got.out, `{"items":[{"id":"…","ok":false,"error":{"code":"not_found"`) // several ids have a result each
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

// inACME are words that stand in the data of ACME and nowhere else.
func inACME() []string {
	return []string{"mel@", "pen@", "req@", "gone@", "Skunkworks", "Engine", "Auditor", "lnk_", "prj_", "wsp_", "role_"}
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

// TestARuleKeepsOutOfEveryCommand holds that an owner who comes from outside
// the allowlist gets the rule from every command, and not a word of the
// organization's data before it (PRODUCT.md §8).
func TestARuleKeepsOutOfEveryCommand(t *testing.T) {
	h := newStrangersHouse(t)
	if _, err := h.s.UpdateSettings(t.Context(), h.owner, "ACME", []models.SettingChange{{Key: models.SetIPAllowlist, Value: "198.51.100.0/24"}}, true); err != nil {
		t.Fatal(err)
	}
	rows := outsiderRows()
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		for _, l := range r.lines {
			args, names := filled(l, h.real)
			got := h.run(h.owner, r.in, "", append(args, "--org", "ACME")...).without(names)
			if word := got.tells(inACME()); word != "" {
				t.Errorf("%q tells of %s: %+v", l, word, got)
			}
			// What answers to an invitation or a nomination, or asks to join, finds
			// nothing that is addressed to this owner, and enters nothing.
			enters := r.own == "" && !slices.Contains([]string{"invite accept", "invite decline", "org request", "org accept-transfer", "org decline-transfer"}, name)
			if enters && (got.status != models.CodeDenied.ExitStatus() || !strings.Contains(got.errs, "certain networks") && !strings.Contains(got.out, "certain networks")) {
				t.Errorf("%q: %+v", l, got)
			}
		}
	}
	if got := h.run(h.owner, "", "", "switch", "ACME"); got.status != models.CodeDenied.ExitStatus() {
		t.Errorf("the rule fell meanwhile: %+v", got)
	}
}
