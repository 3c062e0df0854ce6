package orgfile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/models"
)

// words are texts that YAML could take for something else.
var words = []string{"", "off", "on", "yes", "null", "~", "1e3", "0x10", "2026-08-01", "true", ": x", "- a", "# b", "a: b", "'", `"`, "%", "@x", "&a", "*a", "!t", "{", "[", "|", ">", "two\nlines", "end\n", " space ", "Ünï", "ʼ"}

func text(t *rapid.T, what string) string {
	return rapid.OneOf(rapid.SampledFrom(words), rapid.StringMatching(`[A-Za-z][a-z ]{0,10}[a-z]`)).Draw(t, what)
}

// state is any organization.
func state(t *rapid.T) State {
	s := State{Organization: models.Organization{ID: "org_1", Code: "ACME"}, Parts: map[string]map[string]string{}}
	for _, key := range []string{models.SetDescription, models.SetMOTD, models.SetExpiry, models.SetTwoFactor, models.SetIPAllowlist} {
		def, err := models.FindSetting(key)
		if err != nil {
			t.Fatal(err)
		}
		value, err := def.Check(key, text(t, key))
		if err != nil {
			value = def.Default
		}
		if value, err = def.Check(key, value); err != nil {
			t.Fatal(err)
		}
		s.Settings = append(s.Settings, models.SettingValue{Key: key, Value: value})
	}
	n := rapid.IntRange(0, 4)
	for i := range n.Draw(t, "roles") {
		r := models.RoleView{CustomRole: models.CustomRole{ID: fmt.Sprint("role_", i), Name: fmt.Sprintf("Role %d", i), Scope: models.ScopeOrganization, Grants: []models.Permission{models.PermView}}}
		if d, err := models.CheckLong("description", text(t, "description")); err == nil {
			r.Description = d
		}
		if rapid.Bool().Draw(t, "in workspaces") {
			r.Scope, r.Grants = models.ScopeWorkspace, []models.Permission{models.PermWorkspaceView}
		}
		s.Roles = append(s.Roles, r)
	}
	for i := range n.Draw(t, "workspaces") {
		w := models.Workspace{ID: fmt.Sprint("wsp_", i), Name: fmt.Sprintf("%d. on", i), Open: rapid.SampledFrom([]models.WorkspaceRole{"", models.WorkspaceViewer, models.WorkspaceEditor}).Draw(t, "open")}
		if d, err := models.CheckLong("description", text(t, "description")); err == nil {
			w.Description = d
		}
		s.Workspaces = append(s.Workspaces, w)
	}
	for i := range n.Draw(t, "members") + 1 {
		m := models.Member{ID: fmt.Sprint("usr_", i), Email: fmt.Sprintf("p%d@example.com", i), EmailVerified: rapid.Bool().Draw(t, "verified"), AccountStatus: models.UserActive,
			Role: rapid.SampledFrom(models.Roles()).Draw(t, "role"), Status: rapid.SampledFrom([]models.MemberStatus{models.MemberActive, models.MemberSuspended}).Draw(t, "status")}
		if !m.EmailVerified {
			m.Email = "same@example.com"
		}
		if rapid.Bool().Draw(t, "ends") {
			at := time.UnixMicro(rapid.Int64Range(1, 4e15).Draw(t, "at")).UTC()
			m.EndsAt = &at
		}
		if len(s.Roles) > 0 && m.Role != models.RoleOwner && s.Roles[0].Scope == models.ScopeOrganization && rapid.Bool().Draw(t, "custom") {
			m.CustomRole = &s.Roles[0].CustomRole
		}
		for _, w := range s.Workspaces {
			if rapid.Bool().Draw(t, "in it") {
				if s.Parts[m.ID] == nil {
					s.Parts[m.ID] = map[string]string{}
				}
				s.Parts[m.ID][w.ID] = string(models.WorkspaceEditor)
			}
		}
		s.Members = append(s.Members, m)
	}
	for i := range n.Draw(t, "services") {
		v := models.ServiceAccount{ID: fmt.Sprint("svc_", i), Name: fmt.Sprintf("%d: off", i), Role: models.RoleMember, Status: rapid.SampledFrom([]models.ServiceStatus{models.ServiceActive, models.ServiceDisabled}).Draw(t, "status")}
		if len(s.Roles) > 0 && s.Roles[0].Scope == models.ScopeOrganization && rapid.Bool().Draw(t, "custom") {
			v.CustomRole = &s.Roles[0].CustomRole
		}
		for _, w := range s.Workspaces {
			if rapid.Bool().Draw(t, "in it") {
				v.Workspaces = append(v.Workspaces, models.ServicePlace{ID: w.ID, Name: w.Name, Role: models.WorkspaceEditor})
			}
		}
		s.Services = append(s.Services, v)
	}
	for i := range n.Draw(t, "links") {
		s.Links = append(s.Links, models.JoinLink{ID: fmt.Sprint("lnk_", i), Label: text(t, "label"), Role: models.RoleViewer, MaxUses: 3, ExpiresAt: time.Unix(1e9, 0)})
	}
	return s
}

// What was written changes nothing.
func TestWhatWasWrittenChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := state(t)
		b, err := Encode(FileOf(s))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse(b)
		if err != nil {
			t.Fatalf("%v in\n%s", err, b)
		}
		plan, _, err := Compare(f, s)
		if err != nil || len(plan) > 0 {
			t.Fatalf("%v %+v of\n%s", err, plan, b)
		}
	})
}

// A section that is left out, or empty as a word, takes nothing away.
func TestSectionsLeftOut(t *testing.T) {
	s := State{Organization: models.Organization{Code: "ACME"}, Members: []models.Member{{ID: "usr_1", Email: "a@b.de", EmailVerified: true, Role: models.RoleOwner, Status: models.MemberActive, AccountStatus: models.UserActive}},
		Workspaces: []models.Workspace{{ID: "wsp_1", Name: "Lab"}}, Roles: []models.RoleView{{CustomRole: models.CustomRole{ID: "role_1", Name: "helper", Scope: models.ScopeOrganization}}},
		Links: []models.JoinLink{{ID: "lnk_1"}}, Services: []models.ServiceAccount{{ID: "svc_1", Name: "robot", Status: models.ServiceActive}}}
	for text, want := range map[string]int{
		"organization: acme": 0, "members:": 0, "workspaces:\nroles:\nlinks:\n": 0, "members:\n  - email: A@b.de\n": 0,
		"workspaces: []": 1, "roles: []": 1, "links: []": 1, "services: []": 1, "services:\n- name: Robot\n": 0, "members: []": 1,
	} {
		f, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		plan, owners, err := Compare(f, s)
		if err != nil || plan.Removals() != want || len(plan) != want {
			t.Errorf("%q takes %d away in %d steps (%v), want %d", text, plan.Removals(), len(plan), err, want)
		}
		if left := 1; text != "members: []" && owners != left {
			t.Errorf("%q leaves %d owners", text, owners)
		} else if text == "members: []" && owners != 0 {
			t.Errorf("nobody is left, and %d owners", owners)
		}
	}
}

func TestMistakesHaveTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"memebers: []": `line 1: unknown field "memebers"`,
		"members:\n  - email: a@b.de\n    rolle: admin\n":    `line 3: unknown field "rolle"`,
		"members:\n  - email: a@b.de\n  - email: A@b.de\n":   "line 3: the member a@b.de is a duplicate of line 2",
		"members:\n  - role: admin\n":                        "line 2: a member has an email or an id",
		"members:\n  - email: a@b.de\n    status: gone\n":    "line 2: the status",
		"members:\n  - email: a@b.de\n    until: tomorrow\n": "line 2: until",
		"services:\n- name: x\n- name: X\n":                  "line 3: the service account x is a duplicate of line 2",
		"services:\n- name: x\n  status: off\n":              "line 2: the status",
		"roles:\n- name: x\n- name: X\n":                     "line 3: the role x is a duplicate of line 2",
		"roles:\n- permissions: []\n":                        "line 2: the role has no name",
		"workspaces:\n- name: a\n\n- open: off\n":            "line 4: the workspace has no name",
		"links:\n- label: a\n  expires_in: soon\n":           "line 2: ",
		"settings:\n  a: 1\n  a: 2\n":                        "line 3: ",
		"members: {a: b}":                                    "line 1: ",
		"a: b: c":                                            "line 1: ",
		"organization: A\n---\norganization: B\n":            "more than one document",
		"":                             "the file is empty",
		strings.Repeat("#", MaxFile+1): "more than",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
		if models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%.60q is %s", text, models.CodeOf(err))
		}
	}
}

// No input ends in anything but an answer or a refusal.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"members:\n  - email: a@b.de\n", "a: &x [*x]", "members: [*a]", "roles: [[[", "? x\n: y", "members:\n  - !!binary x\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Parse([]byte(text)); err != nil && models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%q: %v", text, err)
		}
	})
}
