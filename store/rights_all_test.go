package store_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// testMethods exist in tests alone.
var testMethods = []string{"ChangeName"}

// actorMethods are the methods of the store that act for somebody, found by
// reflection, so that one that is new has no row yet and fails.
func actorMethods() (names []string) {
	typ := reflect.TypeFor[*store.Store]()
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		if slices.Contains(testMethods, m.Name) {
			continue
		}
		for p := range m.Type.NumIn() {
			if m.Type.In(p) == reflect.TypeFor[models.Actor]() {
				names = append(names, m.Name)
			}
		}
	}
	return names
}

// methodOf is the method that a row of a table is about: its first word.
func methodOf(row string) string { name, _, _ := strings.Cut(row, " "); return name }

// withoutRights are methods that no table of rights can hold, with why not.
var withoutRights = map[string]string{
	"AdmitPerson":       "answers everybody with a verdict: see TestWhomATokenAdmits",
	"AskedBefore":       "finds what the actor has sent themselves: see TestAChangeOnce",
	"KeepAnswer":        "keeps the answer to a change that was made: see TestAChangeOnce",
	"OpenSession":       "notes that somebody is there; whoever calls it has let them in",
	"AddSignedKey":      "wants a signature over the account: see TestASignedKey",
	"LoginOrganization": "finds what is the actor's own: see TestLoginOrganization",
	"RequestToJoin":     "a try is counted whatever becomes of it: see TestJoinRequests",
}

func TestEveryMethodHasRights(t *testing.T) {
	have := map[string]bool{}
	for _, table := range [][]row{inOrganization, withPending, withRequest, onOneself, onOneselfMore, lifeRows, siteRows} {
		for _, r := range table {
			have[methodOf(r.name)] = true
		}
	}
	for _, m := range estateMethods {
		have[methodOf(m.name)] = have[methodOf(m.name)] || m.line != ""
	}
	wantRows(t, "rights", have, withoutRights)
}

// ofNobodyElse are methods to which no id of another organization can be given,
// with why not.
var ofNobodyElse = map[string]string{
	"AcceptCode": "a code is the right itself", "AcceptCodeFor": "a code is the right itself",
	"LookupCode": "a code is the right itself", "DeclineCode": "a code is the right itself",
	"AcceptInvitation": "goes by the address it is for: see TestRights", "DeclineInvitation": "goes by the address it is for: see TestRights",
	"AdmitPerson": "answers everybody with a verdict: see TestWhomATokenAdmits",
	"AskedBefore": "the actor's own", "KeepAnswer": "the actor's own",
	"AddKey": "the actor's own", "AddSignedKey": "the actor's own", "KeyChallenge": "the actor's own", "ReadNotices": "the actor's own", "CreatePairing": "the actor's own", "ListKeys": "the actor's own", "Me": "the actor's own", "UpdateMe": "the actor's own",
	"SetPreference": "the actor's own", "SetBinding": "the actor's own", "ResetBindings": "the actor's own", "Sessions": "the actor's own", "OwnInvitations": "the actor's own", "OwnRequests": "the actor's own",
	"Nominations": "the actor's own", "LoginOrganization": "the actor's own", "ListOrganizations": "the actor's own", "OpenSession": "the actor's own", "UpgradePersonal": "the actor's own",
	"SecondFactor": "the actor's own", "EnrolSecondFactor": "the actor's own", "ConfirmSecondFactor": "the actor's own",
	"VerifySecondFactor": "the actor's own", "RenewRecoveryCodes": "the actor's own", "DisableSecondFactor": "the actor's own",
	"CreateOrganization": "makes a new one", "SignUp": "makes a new one", "RequestToJoin": "is for whoever is in no part of it",
	"AllOrganizations": "for site admins, who see all", "OrganizationRow": "for site admins, who see all", "RestoreOrganization": "for site admins, who see all",
	"InviteUser": "for site admins; it makes a new one", "AddMember": "for site admins, who see all; for others see its rights", "PurgeOrganization": "for site admins, who see all",
	"ResetSecondFactor": "for site admins, who see all", "VerifyUser": "for site admins, who see all", "SetPlan": "for site admins, who see all; for others see its rights",
}

func TestEveryMethodHasForeignIDs(t *testing.T) {
	have := map[string]bool{}
	for _, m := range estateMethods {
		have[methodOf(m.name)] = have[methodOf(m.name)] || len(m.kinds) > 0
	}
	wantRows(t, "foreign ids", have, ofNobodyElse)
}

func wantRows(t *testing.T, table string, have map[string]bool, exempt map[string]string) {
	t.Helper()
	all := actorMethods()
	for _, name := range all {
		switch {
		case !have[name] && exempt[name] == "":
			t.Errorf("the table of %s has no row for %s", table, name)
		case have[name] && exempt[name] != "":
			t.Errorf("%s is in the table of %s and excused from it", name, table)
		}
	}
	for name := range exempt {
		if !slices.Contains(all, name) {
			t.Errorf("%s is excused from the table of %s, and there is no such method", name, table)
		}
	}
	for name := range have {
		if !slices.Contains(all, name) {
			t.Errorf("the table of %s has a row for %s, and there is no such method", table, name)
		}
	}
}

func TestRightsInAnEstate(t *testing.T) {
	alone(t)
	x := newEstate(t)
	rows := slices.Clone(onOneselfMore)
	for _, m := range estateMethods {
		if m.line != "" {
			rows = append(rows, row{m.name, m.line, m.entries, func(w *world, a models.Actor, _, _, _ string) error { return m.call(w, a, x.acme) }})
		}
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			refused, changed := x.thaw(t), 0
			for i, who := range columns {
				want := strings.ReplaceAll(r.line, " ", "")[i]
				w := refused
				if want == '+' && (r.entries > 0 || strings.HasPrefix(r.name, "Switch")) {
					if changed++; spared(changed) {
						continue
					}
					w = x.thaw(t)
				}
				w.t = t
				check(t, w, who, r, x.actors[who], x.cast.acme, "", "tim@example.com", want)
			}
		})
	}
}

// TestForeignIDs calls every method with an id of each kind that belongs to
// another organization, in which the actor has no part: the answer is the same
// as for an id that was never given out, and nothing is changed. With the own
// id the same call succeeds, so that it is the id that makes the difference.
func TestForeignIDs(t *testing.T) {
	alone(t)
	x := newEstate(t)
	anID := regexp.MustCompile(`[a-z]+_[0-9a-z]{26}`)
	for _, m := range estateMethods {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a := x.actors["second owner"]
			if m.as != "" {
				a = x.actors[m.as]
			}
			if m.name == "Nominate" { // who has nominated somebody already cannot once more
				a = x.actors["owner"]
			}
			if len(m.kinds) > 0 {
				if err := m.call(x.thaw(t), a, x.acme); err != nil {
					t.Fatalf("with ids of one's own: %v", err)
				}
			}
			w := x.thaw(t) // nothing of it is changed
			for _, kind := range m.kinds {
				if m.name == "Nominate" || kind == "organization" {
					a = x.actors["second owner"] // the first one is a member of the other organization
				}
				answer := func(other ids) error {
					f := x.acme
					*kinds[kind](&f) = *kinds[kind](&other)
					return m.call(w, a, f)
				}
				unknown := answer(never)
				before := dump(t, w.raw())
				foreign := answer(x.home)
				if code := models.CodeOf(foreign); code != models.CodeNotFound && code != models.CodeInvalid {
					t.Errorf("with the id of a foreign %s: %v", kind, foreign)
					continue
				}
				f, u := models.AsError(foreign), models.AsError(unknown)
				if anID.ReplaceAllString(f.Message+f.Hint, "ID") != anID.ReplaceAllString(u.Message+u.Hint, "ID") {
					t.Errorf("a foreign %s is told apart from none:\n%s (%s)\n%s (%s)", kind, f.Message, f.Hint, u.Message, u.Hint)
				}
				for _, table := range changed(before, dump(t, w.raw())) {
					if table != "audit" && table != "audit_heads" && table != "refusals" && table != "changes" { // the mark is for those who follow the log
						t.Errorf("with the id of a foreign %s, %s was changed", kind, table)
					}
				}
			}
		})
	}
}

// A project is found in its own workspace alone, by id as by name.
func TestProjectOfAnotherWorkspace(t *testing.T) {
	alone(t)
	x := newEstate(t)
	w := x.thaw(t)
	for _, m := range estateMethods {
		if !slices.Contains(m.kinds, "project") || !slices.Contains(m.kinds, "workspace") {
			continue
		}
		for _, ref := range []string{x.acme.sibling, "Notes"} {
			f := x.acme
			f.project = ref
			if err := m.call(w, x.actors["second owner"], f); models.CodeOf(err) != models.CodeNotFound {
				t.Errorf("%s finds %s in another workspace: %v", m.name, ref, err)
			}
		}
	}
}
