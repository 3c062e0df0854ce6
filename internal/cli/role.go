package cli

import (
	"fmt"
	"strconv"

	"muster/internal/op"
	"muster/models"
)

func roleWords() map[string]words {
	return map[string]words{
		"role.list": shows((*cli).roles),
		"role.show": shows((*cli).showRole),
		"role.create": shows(func(c *cli, r models.RoleView) error {
			if err := c.say("created the role %s (%s)", r.Name, r.ID); err != nil {
				return err
			}
			if r.Scope == models.ScopeOrganization {
				c.note("to give it to somebody: muster member role USER %s", r.ID)
			}
			return nil
		}),
		"role.update": says(func(_ *cli, r models.RoleView) string {
			if r.Scope == models.ScopeWorkspace {
				return "changed the role " + r.Name
			}
			return fmt.Sprintf("changed the role %s, which %s", r.Name, count(r.Members, "member has", "members have"))
		}),
		"role.delete": asking(says(func(_ *cli, d op.Deleted) string { return "deleted the role " + d.Name }),
			func(_ *cli, r models.RoleView) string { return "delete the role " + r.Name + "?" }),
		"role.delete.preview": shows(func(c *cli, r models.RoleView) error {
			return c.say("deleting the role %s (%s) of %s permanently", r.Name, r.ID, c.hereInFull())
		}),
	}
}

func (c *cli) roles(page op.List[models.RoleView]) error {
	rows := make([][]string, len(page.Items))
	for i, r := range page.Items {
		kind, members := "custom", strconv.Itoa(r.Members)
		if r.BuiltIn {
			kind = "built-in"
		}
		if r.Scope == models.ScopeWorkspace {
			members = ""
		}
		rows[i] = []string{r.Name, string(r.Scope), kind, string(r.CountsAs), members, r.Description, r.ID}
	}
	return c.table([]string{"NAME", "FOR", "KIND", "COUNTS AS", "MEMBERS", "DESCRIPTION", "ID"}, rows, "", "there are no roles")
}

func (c *cli) showRole(r models.RoleView) error {
	created := ""
	if r.CreatedAt != nil {
		created = c.at(*r.CreatedAt) + " by " + r.CreatedBy
	}
	has := ""
	if r.Scope == models.ScopeOrganization {
		has = count(r.Members, "member", "members")
		if r.Invitations > 0 {
			has += ", " + count(r.Invitations, "open invitation", "open invitations")
		}
	}
	if err := c.facts("name", r.Name, "id", r.ID, "description", r.Description, "for", string(r.Scope), "counts as", string(r.CountsAs),
		"who has it", has, "created", created, "cannot give", r.NoGrant, "cannot change", r.ReadOnly); err != nil {
		return err
	}
	var rows [][]string
	for _, d := range models.Permissions(r.Scope) {
		may := "no"
		if r.Can(d.Name) {
			may = "yes"
		}
		switch r.Extent(d.Name) {
		case models.ExtentOwn:
			may = "own only"
		case models.ExtentNotOwners:
			may = "yes, but not over owners"
		case models.ExtentPolicy:
			may = "by policy"
		}
		rows = append(rows, []string{may, d.Does, string(d.Name)})
	}
	return c.table([]string{"MAY", "WHAT", "PERMISSION"}, rows, "", "")
}
