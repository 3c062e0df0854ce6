package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func accountWords() map[string]words {
	return map[string]words{
		"user.list": shows((*cli).accounts),
		"user.show": shows((*cli).showAccount),
		"user.edit": shows((*cli).showAccount),
		"user.invite": then(says(func(c *cli, u models.AccountDetail) string {
			text := fmt.Sprintf("made an account for %s; a mail with the code is on its way", u.Email)
			if site, err := c.site(); err == nil && !site.Mail {
				text = fmt.Sprintf("made an account for %s. No mail is set up: muster user enrol %s shows a code to pass on", u.Email, u.Email)
			}
			return text
		}), func(ctx context.Context, c *cli, _ []models.AccountDetail) { c.tellInviter(ctx) }),
		"user.create": shows(func(c *cli, e op.Enrolled) error {
			if err := c.sayEnrolled(e, created(e)); err != nil || e.Code != "" {
				return err
			}
			c.note("%s", models.UnprovenKey)
			return nil
		}),
		"user.enrol": shows(func(c *cli, e op.Enrolled) error {
			return c.sayEnrolled(e, "created a one-time code for a key of "+e.User.Email+":")
		}),
		"user.suspend": says(func(_ *cli, d models.AccountDetail) string { return "suspended the account of " + d.Email }),
		"user.verify": asking(says(func(_ *cli, d models.AccountDetail) string {
			return "the address " + d.Email + " is verified for " + d.Name
		}), func(*cli, any) string {
			return "is that address theirs? Other accounts with it lose it."
		}),
		"user.reactivate":     says(func(_ *cli, d models.AccountDetail) string { return "the account of " + d.Email + " is active again" }),
		"user.delete.preview": shows((*cli).sayAccountDeletion),
		"user.delete": asking(says(func(_ *cli, d op.AccountDeletion) string { return "deleted the account of " + d.User.Email }),
			func(*cli, op.AccountDeletion) string { return "type the address of the user to delete it:" }),
	}
}

// userScope gives the organization within which users are administered: --org,
// MUSTER_ORG, or one that the SSH user name names; for a site admin else the
// whole installation, which is "", and for others the organization they work in.
func (c *cli) userScope(ctx context.Context) (models.Organization, error) {
	var all models.Organization
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return all, err
	}
	ref, err := c.namedOrg()
	if err != nil {
		return all, err
	}
	if ref == "" {
		me, err := s.Me(ctx, a)
		if err != nil {
			return all, err
		}
		if me.SiteAdmin {
			// A choice is no narrower than none: only a name given now counts.
			_, named, err := s.LoginOrganization(ctx, a)
			code := models.CodeOf(err)
			switch {
			case err != nil && code != models.CodeNotFound && code != models.CodeUsage:
				return all, err
			case !named:
				return all, nil
			}
		}
	}
	_, _, org, err := c.inOrg(ctx)
	return org, err
}

// belongs says to which organizations a user belongs, and as what.
func belongs(orgs []models.AccountOrg) string {
	words := make([]string, len(orgs))
	for i, o := range orgs {
		words[i] = o.Code + " " + cmp.Or(o.Custom, string(o.Role))
		if o.Status == models.MemberSuspended {
			words[i] += " (suspended)"
		}
	}
	return strings.Join(words, ", ")
}

func (c *cli) accounts(page op.List[models.Account]) error {
	rows := make([][]string, len(page.Items))
	for i, u := range page.Items {
		rows[i] = []string{u.ShownEmail(), u.Name, rights(u.User), string(u.Status), belongs(u.Organizations), c.agoOr(u.LastSeenAt, "never")}
	}
	return c.table([]string{"EMAIL", "NAME", "RIGHTS", "STATUS", "ORGANIZATIONS", "LAST SEEN"}, rows, page.Next, "no users match")
}

// keysOf says how many keys somebody has, and when one was used last.
func (c *cli) keysOf(d models.AccountDetail) string {
	text := count(d.Keys, "key", "keys")
	if d.Keys > 0 {
		text += ", last used " + c.agoOr(d.KeyUsedAt, "never")
	}
	return text
}

func (c *cli) showAccount(d models.AccountDetail) error {
	var may []string
	why := []string{}
	for _, action := range []models.AccountAction{models.AccountEdit, models.AccountSuspend, models.AccountReactivate,
		models.AccountDelete, models.AccountEnrol, models.AccountVerify, models.AccountSiteAdmin} {
		word := strings.ReplaceAll(string(action), "_", " ")
		if d.WhyNot[action] == "" {
			may = append(may, word)
		} else {
			why = append(why, word+": "+d.WhyNot[action])
		}
	}
	return c.facts("email", d.ShownEmail(), "name", d.Name, "handle", d.Handle, "id", d.ID, "rights", rights(d.User),
		"status", string(d.Status), "suspended", c.suspension(d.SuspendedAt, d.SuspendedBy, d.SuspendReason),
		"organizations", belongs(d.Organizations), "keys", c.keysOf(d),
		"enrolment", c.atOr(d.EnrolmentUntil, ""), "sessions", count(d.Sessions, "open", "open"),
		"created", c.at(d.CreatedAt), "last seen", c.atOr(d.LastSeenAt, "never"), "you may", strings.Join(may, ", "), "you may not", strings.Join(why, "\n"))
}

func created(e op.Enrolled) string {
	if inv := e.Request; inv != nil {
		return fmt.Sprintf("no account yet: the invitation of %s as %s is waiting for approval: %s", inv.Email, inv.Given().Article(), inv.ID)
	}
	as := ""
	for _, o := range e.Organizations {
		as = ", " + o.Role.Article() + " of " + o.Code
	}
	return fmt.Sprintf("created %s (%s)%s: %s", e.User.Email, e.User.Name, as, e.ID)
}

// sayEnrolled answers with the line by which the user brings in a key.
func (c *cli) sayEnrolled(e op.Enrolled, text string) error {
	if err := c.say("%s", text); err != nil || e.ExpiresAt == nil {
		return err
	}
	c.note("anyone who runs this line can sign in as %s; it works once, until %s", e.User.Email, c.at(*e.ExpiresAt))
	return c.say("%s", e.JoinCommand)
}

func (c *cli) sayAccountDeletion(d op.AccountDeletion) error {
	u := d.User
	lines := [][]string{
		{"  " + count(d.Sessions, "open session ends", "open sessions end")},
		{"  " + count(d.Keys, "key is deleted", "keys are deleted")},
		{"  " + count(d.InvitationsRevoked, "invitation they sent is revoked", "invitations they sent are revoked")},
		{"  " + count(d.InvitationsReturned, "invitation they approved needs a new decision", "invitations they approved need a new decision")},
		{"  " + count(d.RequestsWithdrawn, "proposal by them is withdrawn", "proposals by them are withdrawn")},
		{"  " + count(d.InvitationsClosed, "open invitation to their address is revoked", "open invitations to their address are revoked")},
		{"  their personal workspace is deleted"},
	}
	if len(d.Organizations) > 0 {
		lines = append(lines, []string{"  they leave " + belongs(d.Organizations)})
	}
	return c.printer().Table([]string{fmt.Sprintf("deleting the account of %s (%s) permanently:", u.Email, u.Name)}, lines)
}
