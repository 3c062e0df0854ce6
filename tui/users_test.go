package tui

import (
	"fmt"
	"testing"

	"muster/models"
	"muster/store"
	"muster/tui/tuitest"
)

// A site admin sees every account, keeps the list to some, and finds one.
func TestUsersOfTheInstallation(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		h, ada, _, _ := peopled(t)
		_, _, err := h.st.CreateUser(h.ctx, ada, models.NewAccount{Email: "root@acme.dev", Name: "Root", SiteAdmin: true})
		h.must(err)
		app := h.as(ada, size[0], size[1])
		app.Press("8").See("Users", "grace@acme.dev", "root@acme.dev", "1 of 5").Press("j").SeeCursorOn("cy@acme.dev")
		if size[0] >= detailFrom {
			app.See("1 key, last used never", "0 open sessions")
		}
		app.Golden(fmt.Sprintf("%dx%d/users", size[0], size[1]))
		app.Press("f").See("Show only").Type("site admins").Press("enter").
			See("site-admins:yes", "root@acme.dev").SeeNot("grace@acme.dev")
		app.Press("esc").See("grace@acme.dev").Press("f").See("Show only").Type("acme").See("ACME").Press("enter").
			See("org:ACME", "grace@acme.dev").SeeNot("root@acme.dev")
		app.Press("f").See("Show only").Type("viewer").Press("enter").See("org:ACME role:viewer", "misaki@acme.dev").SeeNot("grace@acme.dev")
		app.Press("esc").See("grace@acme.dev").Press("/").Type("root").See("1/1 of 5", "root@acme.dev").SeeNot("grace@acme.dev")
	}
}

// A user is created with a one-time code, which is shown once, and with a key;
// what is wrong is said beside its field.
func TestCreateUser(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("8").See("SITE", "1 of 4").Press("n").See("New user", "Site admin")
	app.Type("grace@acme.dev").Press("tab").Type("Hal").Press("alt+enter").See("Organization").SeeNot("working").See("✗")
	app.Golden("80x24/user-create")
	app.Press("shift+tab").Press("esc", "esc").SeeNot("New user")
	app.Press("n").See("New user").Type("hal@acme.dev").Press("tab").Type("Hal Abelson").Press("alt+enter").
		See("A key for hal@acme.dev", "ssh join+", "is not shown").Wait(tuitest.Finger)
	app.Copied()
	app.Press("esc").See("hal@acme.dev", "of 5")
	d, err := h.st.User(h.ctx, ada, "", "hal@acme.dev")
	h.must(err)
	if len(d.Organizations) != 1 || d.Organizations[0].Role != models.RoleMember || d.EnrolmentUntil == nil {
		t.Errorf("hal is %+v", d)
	}
}

// An account is edited, suspended, reactivated and given a code; what can be
// undone is.
func TestLookAfterUser(t *testing.T) {
	h, ada, _, cy := peopled(t)
	app := h.as(ada, 140, 40)
	app.Press("8").See("SITE", "1 of 4").Press("j").SeeCursorOn("cy@acme.dev")
	app.Press("e").See("Account of cy@acme.dev").Press("tab").Type("!").Press("alt+enter").See("the account of cy@acme.dev is changed", "Cy Twombly!")
	app.Press("u").See("undone").SeeNot("Cy Twombly!")
	app.Press("x").See("Suspend cy@acme.dev?").Type("lost laptop").Press("alt+enter").See("cy@acme.dev is suspended", "lost laptop", "suspended by ada@acme.dev")
	if _, err := h.st.Me(h.ctx, cy); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("cy may still act: %v", err)
	}
	app.Press("a").See("cy@acme.dev can sign in again").SeeNot("lost laptop")
	app.Press("P").See("A code for cy@acme.dev?").Press("y").See("A key for cy@acme.dev", "ssh join+").Wait(tuitest.Finger).Press("esc")
	app.Press("k").SeeCursorOn("ada@acme.dev").Press("d").See("you cannot delete your own account").
		Press("x").See("you cannot suspend your own account")
}

// Deleting an account shows what it means and wants the address typed.
func TestDeleteUser(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("8").See("SITE", "1 of 4").Press("j").SeeCursorOn("cy@acme.dev").Press("d").
		See("Delete cy@acme.dev permanently?", "removed from ACME", "proposals by them are withdrawn", "audit log is kept").Wait(tuitest.Finger)
	app.Golden("80x24/user-delete")
	app.Press("enter", "y").See("permanently?").Press("backspace").Type("cy@acme.dev").Press("enter").See("cy@acme.dev is deleted", "of 3")
}

// An admin of an organization looks after its users, never makes a global
// administrator, and is told why not where accounts are above them.
func TestUsersOfAnOrganization(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("8").See("SITE", "1 of 4", "misaki@acme.dev").SeeNot("[0]", " 0 ")
	app.Press("e").See("Account of ada@acme.dev").SeeNot("Site admin").Press("tab").Type("!").Press("alt+enter").See("site admin").Press("esc", "esc")
	app.Press("n").See("New user").SeeNot("Site admin").Type("ivy@acme.dev").Press("tab").Type("Ivy").Press("alt+enter").
		See("A key for ivy@acme.dev").Wait(tuitest.Finger).Press("esc").See("ivy@acme.dev", "of 5")
}

// Every shared organization is listed; one is made, edited, undone, gone into,
// deleted and restored.
func TestAllOrganizations(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		h, ada, grace, _ := peopled(t)
		_, err := h.st.CreateOrganization(h.ctx, grace, store.NewOrganization{Name: "Hopper Compilers", Code: "HOPPER", Description: "COBOL and\nmore"})
		h.must(err)
		app := h.as(ada, size[0], size[1])
		app.Press("0").See("All", "ACME", "HOPPER", "1 of 2")
		app.Golden(fmt.Sprintf("%dx%d/all-organizations", size[0], size[1]))
		app.Press("/").Type("hopper").See("1/1 of 2").Press("enter").SeeCursorOn("HOPPER")
		app.Press("e").See("Organization HOPPER", "Plan").Type(" Inc").Press("alt+enter").See("HOPPER is changed", "Hopper Compilers Inc")
		app.Press("u").See("undone").SeeNot("Compilers Inc")
		app.Press("w").See("you are in Hopper Compilers as site admin", "Members")
		app.Press("0", "d").See("Delete Hopper Compilers?").Wait(tuitest.Finger).Type("HOPPER").Press("enter").See("Hopper Compilers is deleted", "All").Press("esc", "esc").
			See("1 of 1").SeeNot("HOPPER ")
		app.Press("f").See("Show only").Type("deleted").Press("enter").See("HOPPER", "deleted:yes")
		app.Golden(fmt.Sprintf("%dx%d/all-organizations-deleted", size[0], size[1]))
		app.Press("r").See("Restore Hopper Compilers?").Press("y").See("HOPPER is back", "No matches")
		app.Press("esc").See("HOPPER", "of 2").Press("n").See("New organization")
	}
}

// What only a question tells about a user stands in the detail, and an action
// that the store refuses says why before it is tried.
func TestWhatIsKnownOfAUser(t *testing.T) {
	h, _, grace, cy := peopled(t)
	// Cy also belongs to an organization that Grace knows nothing of.
	_, err := h.st.CreateOrganization(h.ctx, cy, store.NewOrganization{Name: "Cy's own", Code: "CYS"})
	h.must(err)
	wide, narrow := h.as(grace, 140, 40), h.as(grace)
	wide.Press("8").See("SITE", "1 of 4").Press("j").SeeCursorOn("cy@acme.dev").See("1 key, last used never", "0 open sessions", "What you cannot do", "edit, suspend, delete")
	wide.Press("e").See("is also in organizations").SeeNot("Account of")
	narrow.Press("8").See("SITE", "1 of 4").Press("j").SeeCursorOn("cy@acme.dev").Press("p").See("Cy Twombly", "1 key, last used never", "edit, suspend, delete")
	narrow.Golden("80x24/user-detail").Press("esc").SeeNot("What you cannot")
}

// Several users are suspended, brought back and deleted at once; what cannot be
// done to one of them stops no other, and says why.
func TestManyUsersAtOnce(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("8").See("SITE", "1 of 4").Press("j", "v", "j", "j", "v").See("3 marked")
	app.Press("e").See("one user at a time").SeeNot("Account of")
	app.Press("x").See("Suspend 3 users?").Type("the project is over").Press("alt+enter").See("3 users are suspended", "u undo").SeeNot("marked")
	app.SeeLine("misaki@acme.dev", "suspended").Press("u").See("undone").SeeLine("misaki@acme.dev", "active")
	app.Press("g", "*").See("4 marked").Press("x").See("Suspend 4 users?").Press("alt+enter").
		See("Some items failed", "3 rows were suspended, 1 was not", "✗ ada@acme.dev", "✓ cy@acme.dev").Wait(tuitest.Finger).See("▸ Close ◂").Golden("80x24/users-suspend-many")
	app.Press("esc").SeeNot("Some items failed").Press("g", "j", "space", "space").See("2 marked").Press("d").
		See("Delete 2 users permanently?", "cy@acme.dev, grace@acme.dev", "2 accounts", "type 2 users to confirm").Wait(tuitest.Finger).See("▸ Cancel ◂").Golden("80x24/users-delete-many")
	app.Type("2 users").Press("enter").See("2 users are deleted", "of 2").SeeNot("cy@acme.dev", "marked")
}

// Several organizations get another plan, are deleted and restored at once, and
// the list is kept to a plan that none of the loaded ones has.
func TestManyOrganizationsAtOnce(t *testing.T) {
	h, ada, _, _ := peopled(t)
	for _, code := range []string{"BETA", "GAMMA"} {
		_, err := h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: code + " Labs", Code: code})
		h.must(err)
	}
	app := h.as(ada, 100, 30)
	app.Press("0").See("1 of 3").Press("j", "space", "space").See("2 marked").Press("P").See("Plan of 2 organizations", "visionary").Press("v", "enter").
		See("Change the plan of 2 organizations to visionary?", "BETA, GAMMA").Wait(tuitest.Finger).Press("y").See("2 organizations have the plan visionary now", "u undo").SeeLine("GAMMA", "visionary")
	app.Press("u").See("undone").SeeLine("GAMMA", "team")
	app.Press("f").See("Show only", "enterprise").Type("enterprise").Press("enter").See("plan:ent", "No matches").Press("esc").See("1 of 3")
	app.Press("g", "j", "space", "space").See("2 marked").Press("d").See("Delete 2 organizations?", "BETA, GAMMA", "They disappear").Wait(tuitest.Finger).
		Type("2 organizations").Press("enter").See("2 organizations are deleted").SeeNot("BETA")
	app.Press("f").See("Show only").Type("deleted").Press("enter").See("of 2", "BETA", "GAMMA").Press("*").See("2 marked").Press("r").See("Restore 2 organizations?").Press("y").
		See("2 organizations are back", "No matches")
}

// Many rows are paged through, in both panes.
func TestManyUsersAndOrganizations(t *testing.T) {
	h := newHouse(t)
	var owner models.User
	h.must(h.st.Seed(h.ctx, func(sd *store.Seeder) (err error) {
		if owner, err = sd.User(h.ctx, store.NewUser{Name: "Ada", Email: "ada@acme.dev"}, true, h.clock.Now()); err != nil {
			return err
		}
		for i := 0; i < 150 && err == nil; i++ {
			if _, err = sd.User(h.ctx, store.NewUser{Name: "Person", Email: fmt.Sprintf("p%03d@acme.dev", i)}, false, h.clock.Now()); err == nil {
				_, err = sd.Organization(h.ctx, owner, store.NewOrganization{Name: fmt.Sprintf("Company %03d", i), Code: fmt.Sprintf("C%03d", i)}, models.PlanTeam, "", h.clock.Now())
			}
		}
		return err
	}))
	app := h.as(models.Actor{UserID: owner.ID, Via: models.ViaTUI, Door: models.DoorLocal}, 140, 40)
	app.Press("8").See("SITE", "1 of 151").Press("G").See("151 of 151", "p149@acme.dev").Press("g").See("1 of 151")
	app.Press("0").See("1 of 150").Press("G").See("150 of 150", "C149").Press("s").See("Sort by").Press("j", "enter").See("NAME↑")
	app.Press("q").Ends()
}
