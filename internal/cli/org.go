package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

func orgWords() map[string]words {
	return map[string]words{
		"organization.list":     shows((*cli).ownOrgs),
		"organization.list_all": shows(func(c *cli, page op.List[models.OrgRow]) error { return c.allOrgs(page, false) }),
		"organization.deleted":  shows(func(c *cli, page op.List[models.OrgRow]) error { return c.allOrgs(page, true) }),
		"organization.show":     shows((*cli).showOrg),
		"organization.update":   shows((*cli).showOrg),
		"organization.create":   shows(func(c *cli, v models.OrgView) error { return c.newOrg(v, "") }),
		"organization.upgrade": shows(func(c *cli, v models.OrgView) error {
			return c.newOrg(v, ", from your personal workspace")
		}),
		"organization.delete.preview": shows((*cli).sayOrgDeletion),
		"organization.delete": asking(shows(func(c *cli, d op.OrgDeletion) error {
			if err := c.say("deleted %s (%s)", d.Organization.Name, d.Organization.Code); err != nil {
				return err
			}
			c.note("a site admin can restore it until %s: muster org restore %s", c.at(d.RestorableUntil), d.Organization.Code)
			return nil
		}), func(*cli, op.OrgDeletion) string { return "type the code of the organization to delete it:" }),
		"organization.restore": says(func(c *cli, v models.OrgView) string {
			return fmt.Sprintf("restored %s (%s) with %s, owned by %s", v.Name, v.Code, count(v.Members.Total, "member", "members"), v.PrimaryEmail)
		}),
		"organization.purge": asking(says(func(_ *cli, p op.Purged) string {
			return fmt.Sprintf("purged %s (%s) permanently; its code is free", p.Name, p.Code)
		}), func(*cli, op.Purged) string { return "type the code of the organization to purge it permanently:" }),
		"organization.switch": says(func(_ *cli, v models.OrgView) string { return fmt.Sprintf("now in %s (%s)", v.Name, v.Code) }),
		"organization.here":   shows((*cli).sayHere),
		"invitation.request":  says(sayAsked),
	}
}

func sayAsked(_ *cli, r op.JoinRequested) string {
	return fmt.Sprintf("if %s takes requests, its owners and admins will decide on yours", r.ID)
}

func (c *cli) ownOrgs(page op.List[models.OrgEntry]) error {
	rows := make([][]string, len(page.Items))
	for i, o := range page.Items {
		mark, waiting := "", ""
		if o.Current {
			mark = "*"
		}
		switch {
		case o.Requirement != "":
			waiting = o.RequirementText
		case o.Relation == models.RelInvited:
			waiting = "answer: muster invite accept " + o.InvitationID
		case o.NominationID != "":
			waiting = o.NominatedBy + " nominated you as owner: muster org accept-transfer " + o.Code
		case o.Waiting > 0:
			waiting = count(o.Waiting, "request to decide", "requests to decide")
		}
		rows[i] = []string{mark, o.Code, o.Name, string(o.Relation), cmp.Or(o.CustomRole, string(o.Role)), waiting}
	}
	return c.table([]string{"", "CODE", "NAME", "RELATION", "ROLE", "WAITING"}, rows, "", "you are in no organization")
}

func (c *cli) allOrgs(page op.List[models.OrgRow], deleted bool) error {
	rows := make([][]string, len(page.Items))
	for i, o := range page.Items {
		rows[i] = []string{o.Code, o.Name, o.Plan, strconv.Itoa(o.Members), o.PrimaryOwner, c.date(o.CreatedAt)}
		if deleted {
			rows[i] = append(rows[i], c.date(*o.DeletedAt), o.DeletedBy, c.at(*o.RestorableUntil))
		} else {
			rows[i] = append(rows[i], firstLine(o.Description))
		}
	}
	headers := []string{"CODE", "NAME", "PLAN", "MEMBERS", "PRIMARY OWNER", "CREATED"}
	if deleted {
		headers = append(headers, "DELETED", "BY", "RESTORABLE UNTIL")
	} else {
		headers = append(headers, "DESCRIPTION")
	}
	return c.table(headers, rows, page.Next, "no organizations match")
}

// firstLine is what a table shows of a long text.
func firstLine(s string) string {
	const most = 40
	line, rest, _ := strings.Cut(s, "\n")
	if r := []rune(line); len(r) > most {
		return string(r[:most]) + "…"
	}
	if rest != "" {
		return line + " …"
	}
	return line
}

func (c *cli) showOrg(v models.OrgView) error {
	role := ""
	if v.Role != "" {
		role = v.Given().Label()
	}
	if v.Flat && v.Effective != v.Role {
		role += ", with the rights of an admin under this plan"
	}
	if v.SiteAdmin {
		role = strings.TrimPrefix(role+", site admin", ", ")
	}
	members := count(v.Members.Active, "active", "active")
	if v.Members.Suspended > 0 {
		members += ", " + count(v.Members.Suspended, "suspended", "suspended")
	}
	var invites []string
	for _, st := range models.InvitationStates() {
		if n := v.Invites[st]; n > 0 {
			invites = append(invites, strconv.Itoa(n)+" "+string(st))
		}
	}
	workspaces := ""
	if v.Workspaces != nil {
		workspaces = outOf(v.Workspaces.Used, v.Workspaces.Max)
	}
	nominations := make([]string, len(v.Transfers))
	for i, x := range v.Transfers {
		nominations[i] = x.NomineeEmail + " as owner in place of " + x.FromEmail + ", until " + c.at(x.ExpiresAt) + " (" + x.ID + ")"
	}
	return c.facts("name", v.Name, "code", v.Code, "id", v.ID, "kind", string(v.Kind),
		"description", v.Description, "message of the day", v.MOTD, "plan", v.Plan, "needs", waitsFor(v.Unpaid),
		"your role", role, "members", members, "seats", outOf(v.Seats.Used, v.Seats.Max), "workspaces", workspaces,
		"invitations", strings.Join(invites, ", "),
		"who may invite", string(v.Settings.InvitePolicy), "primary owner", v.PrimaryEmail,
		"nominations", strings.Join(nominations, "\n"), "created", c.at(v.CreatedAt))
}

// outOf is a number in use, with its limit if there is one.
func outOf(used, most int) string {
	if most == 0 {
		return strconv.Itoa(used)
	}
	return fmt.Sprintf("%d of %d", used, most)
}

// waitsFor says what an organization lacks that has to be paid for.
func waitsFor(unpaid bool) string {
	if unpaid {
		return "a payment method before anybody can be invited"
	}
	return ""
}

// newOrg says what was made, and what to do with it.
func (c *cli) newOrg(v models.OrgView, from string) error {
	if err := c.say("created %s (%s), %s%s", v.Name, v.Code, v.ID, from); err != nil {
		return err
	}
	if v.Unpaid {
		c.note("before you can invite anybody, it needs a payment method: muster settings set %s=LABEL", models.SetPayment)
		return nil
	}
	c.note("to invite somebody: muster invite create --email EMAIL --role member")
	return nil
}

func (c *cli) sayOrgDeletion(d op.OrgDeletion) error {
	o := d.Organization
	return c.printer().Table([]string{fmt.Sprintf("deleting %s (%s):", o.Name, o.Code)}, [][]string{
		{"  " + count(d.Members, "member loses it", "members lose it") + " at once"},
		{"  " + count(d.Sessions, "open session leaves it", "open sessions leave it")},
		{"  " + count(d.Invitations, "pending invitation stops working", "pending invitations stop working")},
		{"  " + count(d.Requests, "open request is closed", "open requests are closed")},
		{"  a site admin can restore it until " + c.at(d.RestorableUntil)},
	})
}

func (c *cli) sayHere(page op.List[store.Presence]) error {
	rows := make([][]string, len(page.Items))
	for i, p := range page.Items {
		role := p.RoleName
		if p.SiteAdmin {
			role = "site admin"
		}
		rows[i] = []string{models.ShownEmail(p.Email, p.EmailVerified), p.Name, role, strconv.Itoa(p.Sessions), c.ago(p.Since)}
	}
	return c.table([]string{"EMAIL", "NAME", "ROLE", "SESSIONS", "SINCE"}, rows, "", "nobody has the app open")
}
