package tui

import (
	"testing"
	"time"

	"muster/models"
)

// A save over somebody else's shows both, with who and when, and loses nothing
// that was typed. The next one wins; leaving asks first.
func TestAStaleSaveShowsBoth(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	name := func(to string) {
		t.Helper()
		_, err := h.st.UpdateSettings(h.ctx, grace, h.acme.ID, []models.SettingChange{{Key: models.SetName, Value: to}, {Key: models.SetDescription, Value: "We make " + to}}, false)
		h.must(err)
	}
	app := h.as(ada, 80, 30)
	app.Press("4").See("Who may invite").Press("e").See("General settings").Type("!")
	name("Acme Inc")
	h.clock.Advance(5 * time.Minute)
	app.Press("ctrl+enter").See("Acme Corporation!", "someone else changed this", "nothing was saved")
	app.SeeLine("! theirs: Acme Inc", "grace@acme.dev, 5m ago")
	app.Press("esc").See("esc again to discard").Press("tab")
	name("Acme Ltd") // and a second time
	app.Press("ctrl+enter").SeeLine("! theirs: Acme Ltd", "grace@acme.dev, just now").See("Acme Corporation!")
	app.Press("ctrl+enter").See("settings saved").SeeLine("Name", "Acme Corporation!").SeeLine("Description", "We make Acme Ltd")
	app.Press("u").See("undone").SeeLine("Name", "Acme Ltd").SeeLine("Description", "We make Acme Ltd")
}

func TestAStaleWorkspaceAndProject(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	ctx, st, org := h.ctx, h.st, h.acme.ID
	called := func(s string) *string { return &s }
	v, err := st.CreateWorkspace(ctx, ada, org, models.NewWorkspace{Name: "Apollo"})
	h.must(err)
	p, err := st.CreateProject(ctx, ada, org, v.ID, models.NewProject{Name: "Eagle"})
	h.must(err)
	app := h.as(ada, 80, 30)
	app.Press("5").SeeCursorOn("Apollo").Press("e").See("Workspace Apollo").Type(" 11")
	_, err = st.UpdateWorkspace(ctx, grace, org, v.ID, models.WorkspaceChange{Name: called("Gemini"), Description: called("to the moon")})
	h.must(err)
	app.Press("ctrl+enter").SeeLine("! theirs: Gemini", "grace@acme.dev").See("Apollo 11")
	// What only they changed is theirs to keep.
	app.Press("ctrl+enter").See("the workspace Apollo 11 is saved")
	is := func(name string) {
		t.Helper()
		v, err := st.Workspace(ctx, ada, org, v.ID)
		h.must(err)
		if v.Name != name || v.Description != "to the moon" {
			t.Errorf("it is %s, %s", v.Name, v.Description)
		}
	}
	is("Apollo 11")
	app.Press("u").See("undone").SeeCursorOn("Gemini")
	is("Gemini")

	app.Press("enter").See("1 project").Press("t").SeeCursorOn("Eagle").Press("e").See("Project Eagle").Type("!")
	_, err = st.UpdateProject(ctx, grace, org, v.ID, p.ID, models.ProjectChange{Name: called("Snoopy")})
	h.must(err)
	app.Press("ctrl+enter").SeeLine("! theirs: Snoopy", "grace@acme.dev").See("Eagle!")
	app.Press("ctrl+enter").See("the project Eagle! is saved")
}

// The permissions of a role are saved as they were seen, all of them: what the
// person had not changed follows, and is shown before it is saved.
func TestAStaleRole(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	ctx, st, org := h.ctx, h.st, h.acme.ID
	_, err := st.SetPlan(ctx, ada, org, models.PlanEnterprise)
	h.must(err)
	called := "Xray"
	r, err := st.CreateRole(ctx, ada, org, models.ScopeOrganization, models.RoleDraft{Name: &called, Permissions: []string{string(models.PermAudit)}})
	h.must(err)
	app := h.as(ada, 80, 40)
	app.Press("4").See("Who may invite").Press("r").See("Xray").Press("X", "enter").See("Role Xray").Press("e").See("Save").Press("end").Type("!")
	_, err = st.UpdateRole(ctx, grace, org, r.ID, models.RoleDraft{Permissions: []string{string(models.PermInvite)}})
	h.must(err)
	app.Press("ctrl+enter").See("nothing was saved").See("Xray!").SeeLine("invite", "● on").SeeLine("read the audit log", "○ off").See("! changed · grace@acme.dev")
	app.Press("ctrl+enter").See("the role Xray! is saved")
	v, err := st.Role(ctx, ada, org, r.ID)
	h.must(err)
	if !v.Can(models.PermInvite) || v.Can(models.PermAudit) {
		t.Errorf("it allows %v", v.Grants)
	}
}
