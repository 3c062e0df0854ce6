package cli

import (
	"fmt"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func workspaceWords() map[string]words {
	return map[string]words{
		"workspace.list":   shows((*cli).workspaces),
		"workspace.show":   shows((*cli).showWorkspace),
		"workspace.update": shows((*cli).showWorkspace),
		"workspace.switch": says(func(c *cli, w models.WorkspaceView) string {
			return fmt.Sprintf("now in the workspace %s of %s", w.Name, c.hereInFull())
		}),
		"workspace.create": shows(func(c *cli, w models.WorkspaceView) error {
			if err := c.say("created the workspace %s, %s", w.Name, w.ID); err != nil {
				return err
			}
			c.note("to add somebody: muster workspace add %s USER --role editor", quoted(w.Name))
			return nil
		}),
		"workspace.delete.preview": shows((*cli).sayWorkspaceDeletion),
		"workspace.delete": asking(says(func(c *cli, d op.WorkspaceDeletion) string {
			return fmt.Sprintf("deleted the workspace %s of %s", d.Workspace.Name, c.hereInFull())
		}), func(*cli, op.WorkspaceDeletion) string { return "type the name of the workspace to delete it:" }),
		"workspace.members":     shows((*cli).workspaceMembers),
		"workspace.add_member":  shows(func(c *cli, m models.WorkspaceMember) error { return c.sayPlace(m, "added %s to %s") }),
		"workspace.change_role": shows(func(c *cli, m models.WorkspaceMember) error { return c.sayPlace(m, "%s is now in %s") }),
		"workspace.remove_member": says(func(c *cli, m op.WorkspaceRemoval) string {
			return fmt.Sprintf("removed %s from %s", m.Email, c.words[0])
		}),
	}
}

func (c *cli) workspaces(page op.List[models.WorkspaceView]) error {
	rows := make([][]string, len(page.Items))
	for i, w := range page.Items {
		mark := ""
		if w.Current {
			mark = "*"
		}
		rows[i] = []string{mark, w.Name, w.Label(), w.Source.InWords(), strconv.Itoa(w.Members), strconv.Itoa(w.Projects), w.ID}
	}
	none := "no workspaces match"
	if !c.flags.Changed("search") {
		none = "you are in no workspace; an owner or admin can add you to one"
	}
	return c.table([]string{"", "NAME", "YOUR ROLE", "BECAUSE", "ADDED MEMBERS", "PROJECTS", "ID"}, rows, page.Next, none)
}

func (c *cli) showWorkspace(w models.WorkspaceView) error {
	may := make([]string, len(w.May))
	for i, p := range w.May {
		may[i] = string(p)
	}
	return c.facts("name", w.Name, "id", w.ID, "description", w.Description, "open", w.OpenWord(), "your role", w.Label()+", "+w.Source.InWords(),
		"you may", strings.Join(may, ", "), "added members", strconv.Itoa(w.Members), "projects", strconv.Itoa(w.Projects),
		"created", c.at(w.CreatedAt))
}

func (c *cli) sayWorkspaceDeletion(d op.WorkspaceDeletion) error {
	return c.printer().Table([]string{"deleting the workspace " + d.Workspace.Name + " of " + c.hereInFull() + ":"}, [][]string{
		{"  " + count(d.Projects, "project is deleted with it", "projects are deleted with it")},
		{"  " + count(d.Members, "added member loses it", "added members lose it")},
		{"  " + count(d.Invitations, "open invitation no longer leads into it", "open invitations no longer lead into it")},
	})
}

func (c *cli) workspaceMembers(page op.List[models.WorkspaceMember]) error {
	rows := make([][]string, len(page.Items))
	for i, m := range page.Items {
		because := m.Source.InWords()
		if m.Source == models.SourceCeiling {
			because += ", added as " + m.Label()
		}
		rows[i] = []string{m.ShownEmail(), m.Name, m.InForce(), because, m.OrgLabel(), string(m.Status), c.agoOr(m.AddedAt, "")}
	}
	return c.table([]string{"EMAIL", "NAME", "ROLE", "BECAUSE", "IN ORGANIZATION", "STATUS", "ADDED"}, rows, page.Next, "no members match")
}

// sayPlace answers with what somebody now is in the workspace that was named.
func (c *cli) sayPlace(m models.WorkspaceMember, text string) error {
	if err := c.say(text+" as %s", m.Email, c.words[0], m.Label()); err != nil {
		return err
	}
	if m.Source == models.SourceCeiling {
		c.note("%s is a viewer of the organization, so they have read-only access", m.Email)
	}
	if m.Status != models.MemberActive {
		c.note("the membership of %s is suspended; this takes effect once it is reactivated", m.Email)
	}
	return nil
}

// quoted is a name as a shell wants it.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
