package tui

import (
	"fmt"
	"testing"
	"time"

	"muster/models"
	"muster/store"
	"muster/tui/tuitest"
)

// parted has the people of peopled with a second workspace, in which Cy is an
// editor, and two projects in it.
func parted(t *testing.T) (h *house, ada, grace, cy models.Actor, lab models.WorkspaceView) {
	t.Helper()
	h, ada, grace, cy = peopled(t)
	var err error
	lab, err = h.st.CreateWorkspace(h.ctx, ada, h.acme.ID, models.NewWorkspace{Name: "Laboratory", Description: "where things are tried out"})
	h.must(err)
	_, err = h.st.AddWorkspaceMember(h.ctx, ada, h.acme.ID, lab.ID, "cy@acme.dev", models.WorkspaceEditor)
	h.must(err)
	for _, n := range []models.NewProject{{Name: "Anvil", Environment: "production", Description: "falls down"}, {Name: "Rocket skates", Environment: "staging"}} {
		_, err = h.st.CreateProject(h.ctx, ada, h.acme.ID, lab.ID, n)
		h.must(err)
	}
	h.clock.Advance(time.Minute)
	return h, ada, grace, cy, lab
}

func TestWorkspacesFromFirstToLast(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("5").SeeLine("NAME", "YOUR ROLE", "MEMBERS", "PROJECTS").SeeLine("● General", "admin", "org admin").See("1 of 1")
	app.Press("n").See("New workspace", "1 workspace of 3 in the plan team").Type("general").Press("ctrl+enter").See("there is a workspace called General already")
	app.Press("ctrl+u").Type("Design").Press("tab").Type("Pixels").Press("ctrl+enter").See("the workspace Design is created").SeeCursorOn("Design").See("1 of 2")
	app.Press("e").See("Workspace Design").Press("end").Type(" Studio").Press("ctrl+enter").See("the workspace Design Studio is saved", "u undo").SeeCursorOn("Design Studio")
	app.Press("u").See("undone").SeeNot("Studio │").SeeCursorOn("Design ")
	app.Press("space").See("Design is your current workspace now").SeeLine("● Design").SeeLine("○ General")
	app.Press("W").See("Your current workspace", "General").Type("gen").SeeLine("▌  General").Press("enter").See("General is your current workspace now").SeeLine("● General")
	app.Press("y").See("copied: wsp_")
	app.Press("d").See("Delete the workspace Design?", "0 projects are deleted", "type Design to confirm").Wait(tuitest.Finger)
	app.Type("Design").Press("enter").See("the workspace Design is deleted").SeeNot("○ Design").See("1 of 1")
	app.Press("d").See("the last workspace of an organization cannot be deleted")
}

func TestMembersOfAWorkspace(t *testing.T) {
	h, ada, _, _, _ := parted(t)
	app := h.as(ada)
	app.Press("5").See("1 of 2").Press("j").SeeCursorOn("Laboratory").Press("enter").See("Laboratory · you: admin", "▸ Members", "2 projects")
	app.SeeLine("cy@acme.dev", "editor", "added").SeeLine("grace@acme.dev", "admin", "org admin")
	app.Press("n").See("Add to Laboratory", "misaki@acme.dev").Type("grace").SeeLine("grace@acme.dev").See("admin of every workspace").Press("enter").See("Add to Laboratory")
	app.Press("ctrl+u").Type("misaki").SeeLine("▌  misaki@acme.dev").Press("enter").See("Role of misaki@acme.dev in Laboratory", "read-only").Press("enter")
	app.See("misaki@acme.dev is in Laboratory as viewer", "u undo").SeeLine("misaki@acme.dev", "viewer", "added")
	app.Press("u").See("undone").SeeNot("misaki@acme.dev  ").Press("U").See("✓ misaki@acme.dev is in Laboratory").SeeLine("misaki@acme.dev", "viewer")
	app.Press("g").SeeCursorOn("ada@").Press("e").See("admin of every workspace").SeeNot("Role of")
	app.Press("j").SeeCursorOn("cy@").Press("e").See("Role of cy@acme.dev in Laboratory").Press("v", "enter").See("cy@acme.dev is now viewer here").SeeLine("cy@acme.dev", "viewer", "added")
	app.Press("u").See("undone").SeeLine("cy@acme.dev", "editor", "added")
	app.Press("d").See("Remove cy@acme.dev from Laboratory?").Press("y").See("cy@acme.dev removed from Laboratory").SeeNot("editor")
	app.Press("u").SeeLine("cy@acme.dev", "editor", "added")
	app.Press("esc").SeeLine("NAME", "YOUR ROLE").SeeCursorOn("Laboratory")
}

func TestManyPeopleOfAWorkspaceAtOnce(t *testing.T) {
	h, ada, _, _, lab := parted(t)
	_, err := h.st.AddWorkspaceMember(h.ctx, ada, h.acme.ID, lab.ID, "misaki@acme.dev", models.WorkspaceViewer)
	h.must(err)
	app := h.as(ada)
	app.Press("5").See("1 of 2").Press("j").SeeCursorOn("Laboratory").Press("enter").SeeLine("misaki@acme.dev", "viewer").Press("*").See("4 marked")
	app.Press("d").See("Remove 4 people").Press("y").See("Some items failed", "2 rows were removed, 2 were not", "✗ ada@acme.dev", "✓ cy@acme.dev")
}

func TestProjectsOfAWorkspace(t *testing.T) {
	h, ada, _, cy, _ := parted(t)
	app := h.as(ada)
	app.Press("5").See("1 of 2").Press("j", "enter").See("▸ Members").Press("t").See("▸ 2 projects").SeeLine("Anvil", "production", "falls down").SeeLine("Rocket skates", "staging")
	app.Press("n").See("New project in Laboratory").Type("Tunnel").Press("tab").Type("Development").Press("ctrl+enter").See("the project Tunnel is created").SeeCursorOn("Tunnel").SeeLine("Tunnel", "development")
	app.Press("e").See("Project Tunnel").Press("tab", "ctrl+u").Type("production").Press("ctrl+enter").See("the project Tunnel is saved").SeeLine("Tunnel", "production")
	app.Press("u").SeeLine("Tunnel", "development")
	app.Press("d").See("Delete the project Tunnel?").Type("Tunnel").Press("enter").See("the project Tunnel is deleted").SeeNot("development")
	app.Press("/").Type("rock").See("1/1 of 2").Press("esc").See("of 2").Press("esc").SeeLine("NAME", "YOUR ROLE")

	// An editor changes projects, and neither makes nor deletes them.
	app = h.as(cy)
	app.Press("5").SeeLine("General", "viewer", "open to all").Press("j").SeeCursorOn("Laboratory").Press("n").See("a member may not create, change and delete workspaces")
	app.Press("enter").See("you: editor").Press("n").See("may not add and remove its members").Press("t").See("▸ 2 projects").SeeCursorOn("Anvil")
	app.Press("n").See("may not create and delete its projects").Press("e").See("Project Anvil").Press("tab", "ctrl+u").Type("staging").Press("ctrl+enter").SeeLine("Anvil", "staging")
}

func TestAWorkspaceThatIsTakenAwayShuts(t *testing.T) {
	h, ada, _, cy, lab := parted(t)
	app := h.as(cy)
	app.Press("5").SeeCursorOn("General").Press("j").SeeCursorOn("Laboratory").Press("enter").See("you: editor")
	_, err := h.st.ChangeWorkspaceRole(h.ctx, ada, h.acme.ID, lab.ID, "cy@acme.dev", models.WorkspaceViewer)
	h.must(err)
	app.See("you: viewer")
	_, err = h.st.RemoveWorkspaceMember(h.ctx, ada, h.acme.ID, lab.ID, "cy@acme.dev")
	h.must(err)
	app.See("the workspace Laboratory is no longer there for you").SeeCursorOn("General")
}

func TestThePlanSaysHowManyWorkspaces(t *testing.T) {
	h, ada, _, _, _ := parted(t)
	_, err := h.st.CreateWorkspace(h.ctx, ada, h.acme.ID, models.NewWorkspace{Name: "Third"})
	h.must(err)
	app := h.as(ada)
	app.Press("5").See("of 3").Press("n").See("all 3 workspaces of the plan team are in use")
}

func TestThePersonalWorkspaceHasProjects(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press(":").Type("Personal").Press("enter").See("muster ▸ Personal").Press("5").SeeLine("● General").Press("n").See("the plan explore has one workspace")
	app.Press("enter", "t").See("Projects group the work", "press n to create one").Press("n").Type("Diary").Press("ctrl+enter").See("the project Diary is created").SeeCursorOn("Diary")
}

func TestManyWorkspaces(t *testing.T) {
	h, ada, _, _, _ := parted(t)
	_, err := h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanEnterprise)
	h.must(err)
	for i := range 120 {
		_, err := h.st.CreateWorkspace(h.ctx, ada, h.acme.ID, models.NewWorkspace{Name: fmt.Sprintf("Team %03d", i)})
		h.must(err)
	}
	app := h.as(ada)
	app.Press("5").See("1 of 122").Press("G").See("122 of 122").SeeCursorOn("Team 119").Press("/").Type(`"team 07"`).SeeCursorOn("Team 070").See("1/10 of 122")
	app.Press("enter", "W").See("Your current workspace").Type("team 111").SeeLine("▌  Team 111").Press("enter").See("Team 111 is your current workspace now")
}

// The frames of the pane, with little and with nothing in it.
func TestWorkspaceFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada, _, _, _ := parted(t)
			app := h.as(ada, size.w, size.h)
			frame := func(name string) { t.Helper(); app.Golden(size.name + "/" + name) }
			app.Press("5").See("1 of 2").Press("j").SeeCursorOn("Laboratory")
			frame("workspaces")
			app.Press("d").See("2 projects are deleted").Wait(tuitest.Finger).See("type Laboratory")
			frame("workspace-delete")
			app.Press("esc").SeeNot("type Laboratory").Press("enter").SeeLine("cy@acme.dev", "editor")
			frame("workspace-members")
			app.Press("n").See("misaki@acme.dev", "every workspace")
			frame("workspace-add")
			app.Press("esc").SeeNot("Add to").Press("t").SeeLine("Anvil", "production")
			frame("projects")
			app.Press("e").See("Project Anvil")
			frame("project-edit")
			app.Press("esc").SeeNot("Project Anvil").Press("W").See("Your current workspace", "General")
			frame("workspace-switch")
		})
	}
	h, ada, _, _ := peopled(t)
	_, err := h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: "Globex", Code: "GLOBEX"})
	h.must(err)
	app := h.as(ada)
	app.Press(":").Type("globex").Press("enter").See("muster ▸ Globex").Press("5").SeeLine("General", "admin").Press("enter", "t").See("press n to create one").Golden("80x24/projects-none")
}
