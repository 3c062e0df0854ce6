package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

// candidate is what a shell proposes for a word, with what it says about it.
type candidate struct{ word, help string }

func candidates(words ...string) []candidate {
	out := make([]candidate, len(words))
	for i, w := range words {
		out[i].word = w
	}
	return out
}

// fixedChoices are the values of a kind that everybody has; nil for other kinds.
// A kind with | in it is the list of them.
func fixedChoices(kind string) []string {
	switch kind {
	case "setting":
		return wordsFrom(models.Settings(), func(d models.SettingDef) string { return d.Key })
	case "action":
		return wordsFrom(op.All(), func(r *op.Row) string { return r.Name })
	case "role":
		return wordsFrom(models.Roles(), func(r models.Role) string { return string(r) })
	case "workspace_role":
		return wordsFrom(models.WorkspaceRoles(), func(r models.WorkspaceRole) string { return string(r) })
	case "permission":
		var out []string
		for _, scope := range []models.Scope{models.ScopeOrganization, models.ScopeWorkspace} {
			for _, d := range models.Permissions(scope) {
				if !d.OwnersOnly {
					out = append(out, string(d.Name))
				}
			}
		}
		return out
	case "environment":
		return models.Environments()
	case "accent":
		return models.Accents()
	case "view_list":
		return models.ViewLists()
	case "preference":
		return wordsFrom(models.PreferenceList(), func(p models.Preference) string { return p.Name })
	}
	if strings.Contains(kind, "|") {
		return strings.Split(kind, "|")
	}
	return nil
}

func wordsFrom[T any](list []T, word func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = word(v)
	}
	return out
}

func candidatesFrom[T any](list []T, err error, of func(T) (word, help string)) ([]candidate, error) {
	out := make([]candidate, len(list))
	for i, v := range list {
		out[i].word, out[i].help = of(v)
	}
	return out, err
}

// asked is what is being completed.
type asked struct {
	row   *op.Row // of the command; nil for a command of the machine
	kind  string  // of the field or option
	typed string
	args  []string // the words before
}

// candidates gives what fits, with the rights of the caller: the store answers
// them as it answers the list of the same things.
func (c *cli) candidates(ctx context.Context, q asked) ([]candidate, error) {
	switch q.kind {
	case "org":
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		list, err := s.ListOrganizations(ctx, a)
		return candidatesFrom(list, err, func(o models.OrgEntry) (string, string) { return o.Code, o.Name })
	case "key", "offer", "nomination", "user":
		return c.ownCandidates(ctx, q)
	case "binding":
		site, err := c.site()
		if err != nil {
			return nil, err
		}
		all, err := site.Bindings(nil)
		return candidatesFrom(all, err, func(b models.KeyBinding) (string, string) { return b.Action, b.Title })
	case "assignment":
		return assignments(q.typed), nil
	case "preference_value":
		for _, p := range models.PreferenceList() {
			if len(q.args) > 0 && p.Name == q.args[0] {
				return candidates(append(p.Choices, "default")...), nil
			}
		}
		return nil, nil
	case "role", "member", "workspace", "project", "invitation", "plan", "link", "workspace_role", "workspace_grant", "api_key", "service", "webhook":
		return c.orgCandidates(ctx, q)
	}
	return candidates(fixedChoices(q.kind)...), nil
}

// ownCandidates are things of the caller, and users for those who administer them.
func (c *cli) ownCandidates(ctx context.Context, q asked) ([]candidate, error) {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	switch q.kind {
	case "key":
		list, err := s.ListKeys(ctx, a)
		return candidatesFrom(list, err, func(k models.Key) (string, string) { return k.Fingerprint, k.Label })
	case "offer":
		list, err := s.OwnInvitations(ctx, a)
		return candidatesFrom(list, err, func(o models.JoinOffer) (string, string) { return o.Invitation.ID, o.OrgName })
	case "nomination":
		list, err := s.Nominations(ctx, a)
		return candidatesFrom(list, err, func(t models.Transfer) (string, string) { return t.OrgCode, t.OrgName })
	}
	org, err := c.namedOrg()
	if err != nil {
		return nil, err
	}
	page, err := s.Users(ctx, a, models.AccountQuery{Search: q.typed, Org: org})
	return candidatesFrom(page.Items, err, func(u models.Account) (string, string) { return u.Email, u.Name })
}

// orgCandidates are things of the organization that the command is in.
func (c *cli) orgCandidates(ctx context.Context, q asked) ([]candidate, error) {
	s, a, org, err := c.inOrg(ctx)
	if err != nil {
		return nil, err
	}
	switch q.kind {
	case "role", "workspace_role":
		scope := models.ScopeOrganization
		if q.kind == "workspace_role" {
			scope = models.ScopeWorkspace
		}
		list, err := s.Roles(ctx, a, org.ID)
		list = slices.DeleteFunc(list, func(r models.RoleView) bool { return r.Scope != scope })
		return candidatesFrom(list, err, func(r models.RoleView) (string, string) { return r.Name, r.Description })
	case "workspace", "workspace_grant":
		page, err := s.ListWorkspaces(ctx, a, org.ID, models.WorkspaceQuery{Search: q.typed})
		return candidatesFrom(page.Items, err, func(w models.WorkspaceView) (string, string) { return w.Name, w.Description })
	case "project":
		where := ""
		if f := c.flags.Lookup("workspace"); f != nil {
			where = f.Value.String()
		}
		page, err := s.ListProjects(ctx, a, org.ID, where, models.ProjectQuery{Search: q.typed})
		return candidatesFrom(page.Items, err, func(p models.Project) (string, string) { return p.Name, p.Environment })
	case "plan":
		list, err := s.Plans(ctx, a, org.ID)
		return candidatesFrom(list, err, func(p models.PlanView) (string, string) { return p.Name, "" })
	case "link":
		page, err := s.ListLinks(ctx, a, org.ID, models.LinkQuery{Active: true})
		return candidatesFrom(page.Items, err, func(l models.JoinLink) (string, string) { return l.ID, l.Label })
	case "api_key":
		page, err := s.ListAPIKeys(ctx, a, org.ID, models.APIKeyQuery{State: models.APIKeyActive})
		return candidatesFrom(page.Items, err, func(k models.APIKey) (string, string) { return k.ID, k.Label })
	case "service":
		page, err := s.ListServices(ctx, a, org.ID, models.ServiceQuery{Search: q.typed})
		return candidatesFrom(page.Items, err, func(v models.ServiceAccount) (string, string) { return v.Name, v.Description })
	case "webhook":
		page, err := s.ListWebhooks(ctx, a, org.ID, models.WebhookQuery{})
		return candidatesFrom(page.Items, err, func(w models.Webhook) (string, string) { return w.ID, w.Host() })
	case "member":
		return memberCandidates(ctx, s, a, org.ID, q)
	}
	page, err := s.ListInvitations(ctx, a, org.ID, models.InvitationQuery{Search: q.typed, States: statesFor(q.row)})
	return candidatesFrom(page.Items, err, func(i models.Invitation) (string, string) {
		return i.Email, string(i.State) + ", " + i.Given().Label()
	})
}

// memberCandidates are those whom the operation can be done to.
func memberCandidates(ctx context.Context, s *store.Store, a models.Actor, org string, q asked) ([]candidate, error) {
	query := models.MemberQuery{Search: q.typed}
	if q.row != nil {
		switch q.row.Name {
		case "member.restore":
			page, err := s.RemovedMembers(ctx, a, org, models.RemovedQuery{Search: q.typed})
			return candidatesFrom(page.Items, err, func(m models.RemovedMember) (string, string) { return m.Email, m.Name })
		case "member.suspend":
			query.Status = models.MemberActive
		case "member.reactivate":
			query.Status = models.MemberSuspended
		}
	}
	page, err := s.ListMembers(ctx, a, org, query)
	return candidatesFrom(page.Items, err, func(m models.Member) (string, string) { return m.Email, m.Name })
}

// statesFor are the states of the invitations that an operation can be done to.
func statesFor(r *op.Row) []models.InvitationState {
	if r == nil {
		return nil
	}
	switch r.Name {
	case "invitation.approve", "invitation.reject", "invitation.withdraw":
		return []models.InvitationState{models.StateRequested}
	case "invitation.revoke", "invitation.code", "invitation.regenerate":
		return []models.InvitationState{models.StatePending}
	case "invitation.delete":
		return []models.InvitationState{models.StateExpired, models.StateAccepted, models.StateDeclined, models.StateRejected, models.StateRevoked, models.StateWithdrawn}
	case "invitation.resend":
		return []models.InvitationState{models.StatePending, models.StateExpired}
	}
	return []models.InvitationState{models.StateRequested, models.StatePending, models.StateExpired}
}

// assignments complete KEY=VALUE.
func assignments(typed string) (out []candidate) {
	key, _, valued := strings.Cut(typed, "=")
	for _, d := range models.Settings() {
		switch {
		case d.Fixed != "":
		case !valued:
			out = append(out, candidate{d.Key + "=", d.Help})
		case d.Key == strings.ToLower(key):
			for _, v := range d.Choices {
				if v == "" {
					continue
				}
				out = append(out, candidate{key + "=" + v, ""})
			}
		}
	}
	return out
}

// kindOfOption says how an option is completed that is of no operation.
func kindOfOption(name string) string {
	switch name {
	case "org":
		return "org"
	case "as":
		return "user"
	case "config", "data", "host-key":
		return "file"
	case "theme":
		return "auto|light|dark|mono"
	case "mouse":
		return "on|off"
	case "notifications":
		return "off|bell|desktop"
	case "log-level":
		return "debug|info|warn|error"
	case "log-format":
		return "text|json"
	case "mail-mode":
		return "none|smtp|folder"
	}
	return ""
}

// kindOfWord says how a word of an operation is completed: with files only where
// a file is meant, which there is none of over SSH.
func (c *cli) kindOfWord(f op.Field) string {
	switch {
	case f.Read == "":
		return f.Complete
	case f.Read != "code" && c.env.Remote == nil:
		return "file"
	}
	return ""
}

// takesFiles are the commands of the machine whose words are files.
var takesFiles = []string{"backup", "restore"}

// wordKind is the kind of the next word of a command.
func (c *cli) wordKind(cmd *cobra.Command, r *op.Row, before int) string {
	if r == nil {
		if cmd.HasParent() && slices.Contains(takesFiles, cmd.Name()) && before == 0 {
			return "file"
		}
		return ""
	}
	var fields []op.Field
	for _, f := range r.Fields {
		if f.Arg != "" && f.Flag == "" {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		return ""
	}
	if before < len(fields) {
		return c.kindOfWord(fields[before])
	}
	if last := fields[len(fields)-1]; several(r, last) {
		return c.kindOfWord(last)
	}
	// The word that may be given several times comes before others.
	for _, f := range fields {
		if several(r, f) {
			return c.kindOfWord(f) + " " + c.kindOfWord(fields[len(fields)-1])
		}
	}
	return ""
}
