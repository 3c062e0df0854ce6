package orgfile

import (
	"maps"
	"slices"
	"strings"
	"time"

	"muster/models"
)

func (p *planner) members() error {
	if p.Members == nil {
		return nil
	}
	kept := map[string]bool{}
	for _, want := range p.Members {
		is, ok := p.member(want)
		if !ok {
			if err := p.invite(want); err != nil {
				return err
			}
			continue
		}
		if kept[is.ID] {
			return at(want.line, "%s stands in the file twice", is.Email)
		}
		kept[is.ID] = true
		if err := p.change(want, is); err != nil {
			return err
		}
	}
	for _, m := range p.s.Members {
		if !kept[m.ID] {
			p.owners[m.ID] = false
			p.remove(Step{Operation: "member.remove", Target: m.ID, Text: "remove " + models.ShownEmail(m.Email, m.EmailVerified)})
		}
	}
	return nil
}

// member finds somebody of the file among the members.
func (p *planner) member(want Member) (models.Member, bool) {
	i := slices.IndexFunc(p.s.Members, func(m models.Member) bool {
		if want.ID != "" {
			return m.ID == want.ID
		}
		return models.NormEmail(m.Email) == models.NormEmail(want.Email) && m.EmailVerified
	})
	if i < 0 && want.ID == "" { // a label, where nobody has verified it
		i = slices.IndexFunc(p.s.Members, func(m models.Member) bool { return models.NormEmail(m.Email) == models.NormEmail(want.Email) })
	}
	if i < 0 {
		return models.Member{}, false
	}
	return p.s.Members[i], true
}

// change makes a member what the file says.
func (p *planner) change(want Member, is models.Member) error {
	who := models.ShownEmail(is.Email, is.EmailVerified)
	if want.Role != "" && !sameRole(want.Role, is) {
		role, err := p.role(want.line, want.Role)
		if err != nil {
			return err
		}
		owner := role == string(models.RoleOwner)
		p.owners[is.ID] = owner && p.lasting(want, is)
		p.do(Step{Operation: "member.role", Target: is.ID, Text: who + ": " + is.Given().Label() + " becomes " + role, Owner: owner, Change: Change{Role: role}})
	}
	until, err := want.until()
	if err != nil {
		return err
	}
	if want.Until != nil && !sameTime(until, is.EndsAt) {
		text := who + " stays without an end"
		if until != nil {
			text = who + " stays until " + until.UTC().Format(time.RFC3339)
			p.owners[is.ID] = false
		}
		p.do(Step{Operation: "member.end", Target: is.ID, Text: text, Change: Change{Until: until}})
	}
	switch status := models.MemberStatus(want.Status); {
	case status == "" || status == is.Status:
	case status == models.MemberSuspended:
		p.owners[is.ID] = false
		p.do(Step{Operation: "member.suspend", Target: is.ID, Text: "suspend " + who})
	default:
		p.do(Step{Operation: "member.reactivate", Target: is.ID, Text: "reactivate " + who})
	}
	return p.parts(want, is, who)
}

// lasting tells whether somebody will be an owner who counts, but for the role.
func (p *planner) lasting(want Member, is models.Member) bool {
	status, ends := want.Status, is.EndsAt != nil
	if status == "" {
		status = string(is.Status)
	}
	if want.Until != nil {
		ends = *want.Until != Never
	}
	return status == string(models.MemberActive) && is.AccountStatus == models.UserActive && !ends
}

func sameRole(word string, m models.Member) bool {
	return strings.EqualFold(word, m.Given().Label()) || m.CustomRole != nil && word == m.CustomRole.ID
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Microsecond).Equal(*b)
}

// role is a role of the file as the store takes it: a built-in one, or one that
// there is or will be.
func (p *planner) role(line int, word string) (string, error) {
	if r, err := models.ParseRole("role", word); err == nil {
		return string(r), nil
	}
	for _, r := range p.s.Roles {
		if r.Scope == models.ScopeOrganization && (r.ID == word || models.NormName(r.Name) == models.NormName(word)) {
			return r.Name, nil
		}
	}
	for _, r := range p.Roles {
		if models.NormName(r.Name) == models.NormName(word) && r.Scope != string(models.ScopeWorkspace) {
			return r.Name, nil
		}
	}
	return "", at(line, "there is no role %q", models.SafeText(word)).WithHint("owner, admin, member, viewer, or a custom role")
}

// parts are the workspaces that somebody was added to.
func (p *planner) parts(want Member, is models.Member, who string) error {
	if want.Workspaces == nil {
		return nil
	}
	has, kept := p.s.Parts[is.ID], map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(want.Workspaces)) {
		role := want.Workspaces[name]
		id, label, err := p.workspace(want.line, name)
		if err != nil {
			return err
		}
		kept[id] = true
		was, in := has[id]
		c := Change{Workspace: label, Role: role}
		switch {
		case !in:
			p.do(Step{Operation: "workspace.add_member", Target: is.ID, Text: "add " + who + " to " + label + " as " + role, Change: c})
		case !strings.EqualFold(was, role):
			p.do(Step{Operation: "workspace.change_role", Target: is.ID, Text: who + " in " + label + ": " + was + " becomes " + role, Change: c})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(has)) {
		if i := slices.IndexFunc(p.s.Workspaces, func(w models.Workspace) bool { return w.ID == id }); i >= 0 && !kept[id] {
			name := p.s.Workspaces[i].Name
			p.do(Step{Operation: "workspace.remove_member", Target: is.ID, Text: "take " + who + " out of " + name, Removes: true, Change: Change{Workspace: name}})
		}
	}
	return nil
}

// workspace finds one that there is, or will be.
func (p *planner) workspace(line int, name string) (id, label string, err error) {
	for _, w := range p.s.Workspaces {
		if w.ID == name || models.NormName(w.Name) == models.NormName(name) {
			return w.ID, w.Name, nil
		}
	}
	for _, w := range p.Workspaces {
		if models.NormName(w.Name) == models.NormName(name) {
			return "new " + models.NormName(name), w.Name, nil
		}
	}
	return "", "", at(line, "there is no workspace %q", models.SafeText(name))
}

// invite is for somebody of the file who is no member, unless they are on their way.
func (p *planner) invite(want Member) error {
	if want.Email == "" {
		return at(want.line, "there is no member %s", models.SafeText(want.ID)).WithHint("give an address to invite somebody")
	}
	if want.Status == string(models.MemberSuspended) || want.Until != nil && *want.Until != Never {
		return at(want.line, "%s is no member yet: status and until are for members", models.SafeText(want.Email))
	}
	role := ""
	if want.Role != "" {
		var err error
		if role, err = p.role(want.line, want.Role); err != nil {
			return err
		}
	}
	for _, inv := range p.s.Invitations {
		if models.NormEmail(inv.Email) != models.NormEmail(want.Email) {
			continue
		}
		if role == "" || strings.EqualFold(role, inv.Given().Label()) {
			return nil
		}
		p.do(Step{Operation: "invitation.revoke", Target: inv.ID, Text: "revoke the invitation of " + want.Email + " as " + inv.Given().Label()})
	}
	grants := make([]models.WorkspaceGrant, 0, len(want.Workspaces))
	for _, name := range slices.Sorted(maps.Keys(want.Workspaces)) {
		_, label, err := p.workspace(want.line, name)
		if err != nil {
			return err
		}
		grants = append(grants, models.WorkspaceGrant{Workspace: label, Role: models.WorkspaceRole(want.Workspaces[name])})
	}
	text := "invite " + want.Email
	if role != "" {
		text += " as " + role
	}
	p.do(Step{Operation: "invitation.create", Target: want.Email, Text: text, Owner: role == string(models.RoleOwner), Change: Change{Role: role, Workspaces: grants}})
	return nil
}
