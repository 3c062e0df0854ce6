package store_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// atTheMachine is somebody in a shell at the database, who is asked for nothing.
func atTheMachine(a models.Actor) models.Actor {
	return models.Actor{UserID: a.UserID, Via: models.ViaLocal}
}

// hardware gives somebody's session a hardware key of theirs.
func (w *world) hardware(a models.Actor, name string) models.Actor {
	w.t.Helper()
	k := key(name)
	k.Type = "sk-ssh-ed25519@openssh.com"
	if _, err := w.s.AddKey(w.ctx, atTheMachine(a), k, ""); err != nil {
		w.t.Fatalf("add key: %v", err)
	}
	a.Key = k.Fingerprint
	return a
}

func (w *world) wantRequirement(a models.Actor, org string, want models.Requirement) {
	w.t.Helper()
	v, err := w.s.Organization(w.ctx, a, org)
	if got := models.RequirementOf(err); got != want || (err == nil) != (want == "") {
		w.t.Fatalf("barrier %q (%v), want %q", got, err, want)
	}
	if err != nil && !reflect.ValueOf(v).IsZero() {
		w.t.Fatalf("refused and shown: %+v", v)
	}
}

func TestAllowlist(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	w.set(ada, acme.ID, models.SetIPAllowlist, "192.0.2.0/24 2001:db8::/32")
	for address, want := range map[string]models.Requirement{
		"192.0.2.9": "", "::ffff:192.0.2.9": "", "2001:db8::9": "",
		"198.51.100.1": models.NeedAddress, "::ffff:198.51.100.1": models.NeedAddress, "2001:db9::1": models.NeedAddress, "": models.NeedAddress,
	} {
		bob.Address = address
		for _, via := range []models.Via{models.ViaTUI, models.ViaSSH, models.ViaAPI} {
			bob.Via = via
			w.wantRequirement(bob, acme.ID, want)
			w.wantRequirement(bob, "acme", want)
		}
	}
	// A shell at the database has no address, and acts for anybody.
	w.wantRequirement(ada, acme.ID, "")
	w.wantRequirement(models.Actor{UserID: ada.UserID, Via: models.ViaLocal, OnBehalfOf: bob.UserID}, acme.ID, "")
	// A site admin from elsewhere is kept out like everybody.
	w.wantRequirement(models.Actor{UserID: ada.UserID, Via: models.ViaSSH, Key: key("ada").Fingerprint, Address: "198.51.100.1"}, acme.ID, models.NeedAddress)
	// To somebody outside nothing changes.
	eve := w.join(ada, w.org(ada, "EVIL").ID, "eve@example.com", models.RoleMember)
	eve.Address = "198.51.100.1"
	_, err := w.s.Organization(w.ctx, eve, acme.ID)
	_, nowhere := w.s.Organization(w.ctx, eve, "org_0")
	if models.CodeOf(err) != models.CodeNotFound || err.Error() != nowhere.Error() {
		t.Errorf("an outsider learns something: %v, %v", err, nowhere)
	}
	w.verified()
}

func (w *world) org(a models.Actor, code string) models.OrgView {
	w.t.Helper()
	v, err := w.s.CreateOrganization(w.ctx, a, store.NewOrganization{Name: code, Code: code})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func TestHardwareKey(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	token := w.hardware(bob, "bob's token")
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	w.set(ada, acme.ID, models.SetHardwareKeyRequired, "on")
	w.wantRequirement(bob, acme.ID, models.NeedHardwareKey)
	w.wantRequirement(token, acme.ID, "")
	// The same key counts as the second factor only where that is said.
	w.set(ada, acme.ID, models.SetTwoFactor, "required")
	w.wantRequirement(token, acme.ID, models.NeedSecondFactor)
	w.set(ada, acme.ID, models.SetHardwareKeyCounts, "on")
	w.wantRequirement(token, acme.ID, "")
	// What the session says of itself does not count: a key of somebody else
	// is none.
	stolen := bob
	stolen.Key = w.hardware(cy, "cy's token").Key
	if _, err := w.s.Organization(w.ctx, stolen, acme.ID); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("with another user's key: %v", err)
	}
}

// sources parses the store and gives the parameters of each exported method.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	params := map[string][]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() || strings.HasSuffix(name, "_test.go") {
				continue
			}
			if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); !ok || star.X.(*ast.Ident).Name != "Store" {
				continue
			}
			for _, field := range f.Type.Params.List {
				for _, n := range field.Names {
					params[f.Name.Name] = append(params[f.Name.Name], n.Name)
				}
			}
		}
	}
	return params
}

// ofOrganization tells whether a method is about one organization: it takes an
// actor and then orgID, or the reference that finds one.
func ofOrganization(name string, params []string) bool {
	return len(params) > 2 && (params[2] == "orgID" || params[2] == "ref" && (name == "Organization" || name == "FindOrganization" || name == "SwitchOrganization"))
}

// TestNothingIsShownBeforeTheRequirement asks every method about an organization
// that keeps the actor, an owner, out. Methods are found in the source, so that
// a new one is covered when it is written.
func TestNothingIsShownBeforeTheRequirement(t *testing.T) {
	alone(t)
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleOwner)
	inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "cy@example.com", Role: models.RoleMember})
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.s.CreateLink(w.ctx, ada, acme.ID, models.NewLink{Role: models.RoleViewer, MaxUses: 3})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.s.CreateAPIKey(w.ctx, bob, acme.ID, models.NewAPIKey{Label: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[string]any{"APIKey.id": secret.ID, "APIKeyUsage.id": secret.ID, "APIKeyUsage.days": 7,
		"RevokeAPIKey.id": secret.ID, "RotateAPIKey.id": secret.ID, "UpdateAPIKey.id": secret.ID,
		"Link.id": link.ID, "LinkCode.id": link.ID, "RevokeLink.id": link.ID, "Setting.key": models.SetName,
		"CanI.action": "settings.change", "CanIInWorkspace.action": "workspace.view", "WorkspaceConsequences.ref": models.GeneralWorkspace, "DeleteWorkspace.ref": models.GeneralWorkspace,
		"ImportInvitations.rows": []models.ImportRow{{Line: 1, Email: "dee@example.com"}}, "orgID": acme.ID, "id": inv.ID, "email": "dee@example.com", "name": "Name", "role": models.RoleMember}
	rules := [][]string{
		{models.SetIPAllowlist, "198.51.100.0/24"}, {models.SetHardwareKeyRequired, "on"}, {models.SetTwoFactor, "required"},
	}
	covered := 0
	for i, rule := range rules {
		w.set(ada, acme.ID, rule...)
		want := []models.Requirement{models.NeedAddress, models.NeedHardwareKey, models.NeedSecondFactor}[i]
		for name, params := range sources(t) {
			if !ofOrganization(name, params) || name == "Leave" || name == "LeaveConsequences" { // leaving always works
				continue
			}
			covered++
			method := reflect.ValueOf(w.s).MethodByName(name)
			in := []reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(bob)}
			for n := 2; n < len(params); n++ {
				v := reflect.Zero(method.Type().In(n))
				if n == 2 {
					v = reflect.ValueOf(acme.ID)
				} else if x, ok := arguments[name+"."+params[n]]; ok {
					v = reflect.ValueOf(x)
				} else if x, ok := arguments[params[n]]; ok && reflect.TypeOf(x).AssignableTo(v.Type()) {
					v = reflect.ValueOf(x)
				}
				in = append(in, v)
			}
			call := method.Call
			if method.Type().IsVariadic() {
				call = method.CallSlice
			}
			w.exec("DELETE FROM refusals")
			out := call(in)
			err, _ := out[len(out)-1].Interface().(error)
			if models.RequirementOf(err) != want {
				t.Errorf("%s with %s: %v", name, rule[0], err)
			}
			for _, v := range out[:len(out)-1] {
				if !v.IsZero() {
					t.Errorf("%s with %s shows %+v", name, rule[0], v)
				}
			}
		}
		// By its own id alone an invitation is no way round it.
		if _, err := w.s.Invitation(w.ctx, bob, "", inv.ID); models.RequirementOf(err) != want {
			t.Errorf("an invitation by its id: %v", err)
		}
		list, err := w.s.ListOrganizations(w.ctx, bob)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(list, func(e models.OrgEntry) bool { return e.ID == acme.ID })
		if e := list[at]; e.Requirement != want || e.Name != "Acme Corp" || e.Role != "" || e.Accent != "" || e.Badge != "" || e.Waiting != 0 || e.Relation != models.RelMember {
			t.Errorf("the switcher shows %+v", e)
		}
		w.set(ada, acme.ID, rule[0], map[string]string{models.SetIPAllowlist: ""}[rule[0]]+map[string]string{models.SetHardwareKeyRequired: "off", models.SetTwoFactor: "off"}[rule[0]])
		w.wantRequirement(bob, acme.ID, "")
	}
	if covered < 3*15 {
		t.Errorf("only %d calls: are the methods still found?", covered)
	}
	// Each was an attempt, and is in the log.
	page, err := w.s.ListAudit(w.ctx, ada, acme.ID, models.AuditQuery{Actor: "bob@example.com"})
	if err != nil || len(page.Items) == 0 || page.Items[0].Outcome != models.OutcomeRefused || !strings.Contains(page.Items[0].Reason, "second factor") {
		t.Errorf("the log: %+v, %v", page.Items, err)
	}
	w.verified()
}

func TestSecurityLockOut(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	save := func(a models.Actor, force bool, pairs ...string) error {
		var changes []models.SettingChange
		for i := 0; i < len(pairs); i += 2 {
			changes = append(changes, models.SettingChange{Key: pairs[i], Value: pairs[i+1]})
		}
		_, err := w.s.UpdateSettings(w.ctx, a, acme.ID, changes, force)
		return err
	}
	wantCode(t, save(cy, true, models.SetTwoFactor, "required"), models.CodeDenied)
	for _, lock := range [][]string{
		{models.SetIPAllowlist, "198.51.100.0/24"}, {models.SetHardwareKeyRequired, "on"}, {models.SetTwoFactor, "required"},
	} {
		err := save(bob, false, lock...)
		wantCode(t, err, models.CodeConflict)
		if !strings.Contains(models.AsError(err).Hint, "force") {
			t.Errorf("no way on: %+v", models.AsError(err))
		}
		w.wantRequirement(bob, acme.ID, "")
	}
	if err := save(bob, false, models.SetIPAllowlist, "192.0.2.0/24", models.SetSessionIdle, "5m"); err != nil {
		t.Fatal(err)
	}
	v, err := w.s.Organization(w.ctx, bob, acme.ID)
	if err != nil || v.Security.SessionIdle != 5*time.Minute || len(v.Security.Allowlist) != 1 {
		t.Errorf("in force: %+v, %v", v.Security, err)
	}
	// A form that showed an older value does not overwrite the newer one.
	old := ""
	_, err = w.s.UpdateSettings(w.ctx, bob, acme.ID, []models.SettingChange{{Key: models.SetIPAllowlist, Value: "192.0.2.1", Base: &old}}, true)
	wantCode(t, err, models.CodeConflict)
	// A hardware key that is the second factor is needed when that no longer
	// counts.
	token := w.hardware(bob, "bob's token")
	if err := save(token, false, models.SetTwoFactor, "required", models.SetHardwareKeyCounts, "on"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, save(token, false, models.SetHardwareKeyCounts, "off"), models.CodeConflict)
	// Forced, it is saved, and from then on holds for its author as well.
	if err := save(token, true, models.SetHardwareKeyCounts, "off"); err != nil {
		t.Fatal(err)
	}
	w.wantRequirement(token, acme.ID, models.NeedSecondFactor)
	// The personal workspace has no such rules.
	mine, err := w.s.ListOrganizations(w.ctx, bob)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.s.UpdateSettings(w.ctx, bob, mine[0].ID, []models.SettingChange{{Key: models.SetTwoFactor, Value: "required"}}, true)
	wantCode(t, err, models.CodeDenied)
}

// TestARuleReachesOpenSessions shows how a session learns that it is kept out:
// by the signal it waits for, in this process and in another one.
func TestARuleReachesOpenSessions(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	for _, s := range []*store.Store{w.s, w.open()} {
		sub := s.Subscribe(acme.ID)
		w.set(ada, acme.ID, models.SetIPAllowlist, "198.51.100.0/24")
		select {
		case <-sub.C:
		case <-time.After(10 * time.Second):
			t.Fatal("no signal")
		}
		if _, err := s.Organization(w.ctx, bob, acme.ID); models.RequirementOf(err) != models.NeedAddress {
			t.Errorf("the session goes on: %v", err)
		}
		w.set(ada, acme.ID, models.SetIPAllowlist, "")
		sub.Close()
	}
}

// TestNobodyJoinsBeforeTheRequirement shows that who has no account yet sets a second
// factor up before they join, and until then is shown what the code says and nothing
// of the organization, nor uses anything up.
func TestNobodyJoinsBeforeTheRequirement(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.set(ada, acme.ID, models.SetTwoFactor, "required")
	inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "bob@example.com", Role: models.RoleMember})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.s.JoinCode(w.ctx, ada, "", inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	k := key("bob")
	bob := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint, KeyType: k.Type, Address: "192.0.2.1"}
	u, v, err := w.s.AcceptCode(w.ctx, bob, code, "Bob", k)
	if models.RequirementOf(err) != models.NeedSecondFactor || !strings.Contains(models.AsError(err).Hint, "{code.show}") {
		t.Errorf("joining without a second factor: %v, %q", err, models.AsError(err).Hint)
	}
	if !reflect.ValueOf(u).IsZero() || !reflect.ValueOf(v).IsZero() {
		t.Errorf("shown: %+v, %+v", u, v)
	}
	if got, err := w.s.Invitation(w.ctx, ada, "", inv.ID); err != nil || got.State != models.StatePending {
		t.Errorf("the invitation is %+v, %v", got, err)
	}
	offer, err := w.s.LookupCode(w.ctx, bob, code)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.s.AcceptCodeFor(w.ctx, bob, code, store.Newcomer{Name: "Bob", Code: w.phoneOf(offer).code()}, k)
	if err != nil || r.Org.ID != acme.ID || r.Org.Requirement != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	bob.UserID = r.User.ID
	w.wantRequirement(bob, acme.ID, "")
	bob.Address = "198.51.100.1"
	w.wantRequirement(bob, acme.ID, models.NeedSecondFactor)
	w.verified()
}
