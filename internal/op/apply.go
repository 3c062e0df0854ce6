package op

import (
	"context"

	"muster/internal/orgfile"
	"muster/models"
	"muster/store"
)

func applyRows() []*Row {
	return []*Row{
		row(Def[applyIn, Applied]{
			Name: "organization.apply", Owner: true, Does: "make an organization what a file says", Command: "apply",
			Switch: "yes", SwitchHelp: "make the changes; without it they are only listed",
			Needs: Members, Also: "and what each change needs", Route: "POST /v1/orgs/{org}/apply", Changes: true,
			Check: func(in applyIn) error { return in.check() },
			Run: func(ctx context.Context, d Deps, a models.Actor, in applyIn) (Applied, error) {
				return in.apply(ctx, d, a)
			},
		}),
		row(Def[applyIn, Applied]{
			Name: "organization.plan", Does: "show what it takes to make an organization what a file says", Command: "apply",
			Use: "-f FILE [--yes]",
			Long: `Compare a file in YAML with the organization, and list what would change. With --yes
the changes are made, one after the other; the first that is refused stops it, and what
was done before stays. ` + "`org export`" + ` writes the file to begin with.

The sections are settings, roles, workspaces, members, services and links. One that is left out
stays as it is, and so does what is left out of a member, role or workspace. One that
is there is the whole list: who is not in it is removed, which is only done up to
--max-removals. Somebody in it who is no member is invited.

Each list of changes has a number. With --plan NUMBER the changes are only made if they
are still the same.`,
			Example: "muster apply -f org.yaml\nmuster apply -f org.yaml --yes --max-removals 2\nmuster apply -f - < org.yaml",
			Needs:   Members, Also: "and what each change needs", Route: "POST /v1/orgs/{org}/plan",
			Check: func(in applyIn) error { return in.check() },
			Run: func(ctx context.Context, d Deps, a models.Actor, in applyIn) (Applied, error) {
				v, _, err := in.plan(ctx, d, a)
				return v, err
			},
		}),
		row(Def[exportIn, OrgFile]{
			Name: "organization.export", Does: "write an organization as a file for apply", Command: "org export",
			Long: `Write an organization in YAML, without a name the chosen one: settings, roles,
workspaces, members, service accounts and join links. Applying it changes nothing; edit it and
` + "`apply`" + ` it.`,
			Example: "muster org export ACME --yaml > org.yaml",
			Needs:   Members, Route: "GET /v1/orgs/{org}/export",
			Run: func(ctx context.Context, d Deps, a models.Actor, in exportIn) (OrgFile, error) {
				s, err := stateOf(ctx, d.Store, a, in.Org)
				if err != nil {
					return OrgFile{}, err
				}
				b, err := orgfile.Encode(orgfile.FileOf(s))
				return OrgFile{s.Organization.ID, s.Organization.Code, string(b)}, err
			},
		}),
	}
}

type exportIn struct {
	orgIn
	YAML bool `flag:"yaml" query:"yaml" help:"as a file in YAML, the only form there is yet"`
}

// OrgFile is an organization as a file.
type OrgFile struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	YAML string `json:"yaml"`
}

type applyIn struct {
	inOrg
	File        string `flag:"file" short:"f" body:"file" read:"org" required:"true" help:"the file; - for standard input, the only way over SSH"`
	Plan        string `flag:"plan" body:"plan" help:"only if the changes are still those of this number"`
	MaxRemovals int    `flag:"max-removals" body:"max_removals" help:"how many removals are allowed: members, parts in workspaces, workspaces, roles, service accounts, links (default: 0)"`
	MinOwners   int    `flag:"min-owners" body:"min_owners" default:"1" help:"how many active owners there must be afterwards"`
}

func (in applyIn) check() error {
	if in.MaxRemovals < 0 {
		return models.Invalid("max_removals", "--max-removals must not be negative")
	}
	return nil
}

// Applied is a plan, and how far it was carried out.
type Applied struct {
	ID       string         `json:"id"`
	Plan     string         `json:"plan"` // the number of the list of changes
	DryRun   bool           `json:"dry_run"`
	Removals int            `json:"removals"`
	Owners   int            `json:"owners"` // active ones, afterwards
	Done     int            `json:"done"`   // steps
	Steps    []orgfile.Step `json:"steps"`
	// Invited are the invitations that were made, for their mails.
	Invited []models.Invitation `json:"-"`
}

// plan compares the file with what there is.
func (in applyIn) plan(ctx context.Context, d Deps, a models.Actor) (v Applied, state orgfile.State, err error) {
	file, err := orgfile.Parse([]byte(in.File))
	if err != nil {
		return v, state, err
	}
	if state, err = stateOf(ctx, d.Store, a, in.Org); err != nil {
		return v, state, err
	}
	steps, owners, err := orgfile.Compare(file, state)
	if err != nil {
		return v, state, err
	}
	v = Applied{ID: state.Organization.ID, DryRun: true, Removals: steps.Removals(), Owners: owners, Steps: steps}
	if v.Steps == nil {
		v.Steps = []orgfile.Step{}
	}
	if v.Plan, err = steps.Digest(); err != nil {
		return v, state, err
	}
	for i := range v.Steps {
		if v.Steps[i].Operation != "member.remove" {
			continue
		}
		c, err := d.Store.RemovalConsequences(ctx, a, state.Organization.ID, v.Steps[i].Target)
		if err != nil {
			return v, state, err
		}
		v.Steps[i].Consequences = &c
	}
	return v, state, nil
}

// apply carries the plan out, up to the first step that is refused.
func (in applyIn) apply(ctx context.Context, d Deps, a models.Actor) (Applied, error) {
	v, state, err := in.plan(ctx, d, a)
	if err != nil {
		return v, err
	}
	v.DryRun = false
	switch {
	case in.Plan != "" && in.Plan != v.Plan:
		return Applied{}, models.Errorf(models.CodeConflict, "the changes are not those of %s any more: somebody has changed %s since", models.SafeText(in.Plan), state.Organization.Code).
			WithHint("look at them: {organization.plan}")
	case v.Removals > in.MaxRemovals:
		return Applied{}, models.Errorf(models.CodeLimit, "the file takes %d away, and %d is the most", v.Removals, in.MaxRemovals).
			WithHint("look at the changes without --yes; if they are meant, add --max-removals %d", v.Removals)
	case len(v.Steps) > 0 && v.Owners < in.MinOwners:
		return Applied{}, models.Errorf(models.CodeConflict, "%s would have %d active owners, and %d is the least", state.Organization.Code, v.Owners, in.MinOwners).
			WithHint("keep more owners, or say --min-owners %d", max(v.Owners, 1))
	}
	for _, s := range v.Steps {
		err := carryOut(ctx, d.Store, a, state.Organization.ID, s, &v.Invited)
		if err != nil {
			return v, &PartError{models.AsError(err).WithHint("%d of %d changes were made, and this one stopped it: %s. Apply the file anew when that is solved", v.Done, len(v.Steps), s.Text), false}
		}
		v.Done++
		if d.Progress != nil {
			d.Progress(v.Done, len(v.Steps))
		}
	}
	return v, nil
}

// carryOut makes one change, by the method of the store that its operation calls.
func carryOut(ctx context.Context, st *store.Store, a models.Actor, org string, s orgfile.Step, invited *[]models.Invitation) (err error) {
	c := s.Change
	switch s.Operation {
	case "settings.update":
		_, err = st.UpdateSettings(ctx, a, org, c.Settings, false)
	case "role.create":
		_, err = st.CreateRole(ctx, a, org, c.Scope, models.RoleDraft{Name: &c.Name, Description: c.Text, Permissions: c.Grants})
	case "role.update":
		_, err = st.UpdateRole(ctx, a, org, s.Target, models.RoleDraft{Description: c.Text, Permissions: c.Grants})
	case "role.delete":
		_, err = st.DeleteRole(ctx, a, org, s.Target)
	case "workspace.create":
		n := models.NewWorkspace{Name: c.Name}
		if c.Text != nil {
			n.Description = *c.Text
		}
		var w models.WorkspaceView
		if w, err = st.CreateWorkspace(ctx, a, org, n); err == nil && c.Open != nil {
			_, err = st.UpdateWorkspace(ctx, a, org, w.ID, models.WorkspaceChange{Open: c.Open})
		}
	case "workspace.update":
		_, err = st.UpdateWorkspace(ctx, a, org, s.Target, models.WorkspaceChange{Description: c.Text, Open: c.Open})
	case "workspace.delete":
		_, err = st.DeleteWorkspace(ctx, a, org, s.Target, c.Name)
	case "service.create", "service.update", "service.remove":
		err = carryOutOnService(ctx, st, a, org, s)
	case "link.create":
		_, err = st.CreateLink(ctx, a, org, models.NewLink{Label: c.Name, Role: models.Role(c.Role), MaxUses: c.MaxUses, TTL: c.TTL})
	case "link.revoke":
		_, err = st.RevokeLink(ctx, a, org, s.Target)
	case "invitation.create":
		var inv models.Invitation
		if inv, err = st.CreateInvitation(ctx, a, org, models.NewInvitation{Email: s.Target, Role: models.Role(c.Role), Workspaces: c.Workspaces}); err == nil {
			*invited = append(*invited, inv)
		}
	case "invitation.revoke":
		_, err = st.RevokeInvitation(ctx, a, org, s.Target)
	default:
		err = carryOutOnMember(ctx, st, a, org, s)
	}
	return err
}

func carryOutOnMember(ctx context.Context, st *store.Store, a models.Actor, org string, s orgfile.Step) (err error) {
	c := s.Change
	switch s.Operation {
	case "member.role":
		_, err = st.ChangeRole(ctx, a, org, s.Target, models.Role(c.Role))
	case "member.end":
		_, err = st.SetMemberEnd(ctx, a, org, s.Target, c.Until)
	case "member.suspend":
		_, err = st.SuspendMember(ctx, a, org, s.Target, "")
	case "member.reactivate":
		_, err = st.ReactivateMember(ctx, a, org, s.Target)
	case "member.remove":
		_, err = st.RemoveMember(ctx, a, org, s.Target)
	case "workspace.add_member":
		_, err = st.AddWorkspaceMember(ctx, a, org, c.Workspace, s.Target, models.WorkspaceRole(c.Role))
	case "workspace.change_role":
		_, err = st.ChangeWorkspaceRole(ctx, a, org, c.Workspace, s.Target, models.WorkspaceRole(c.Role))
	case "workspace.remove_member":
		_, err = st.RemoveWorkspaceMember(ctx, a, org, c.Workspace, s.Target)
	default:
		err = models.Errorf(models.CodeInternal, "there is no step %q", s.Operation)
	}
	return err
}

// stateOf reads an organization as a file has it. It is for who manages members:
// what somebody does not see would be taken for something to remove.
func stateOf(ctx context.Context, st *store.Store, a models.Actor, ref string) (s orgfile.State, err error) {
	v, err := st.Organization(ctx, a, ref)
	if err != nil {
		return s, err
	}
	if s.Organization = v.Organization; v.Kind == models.KindPersonal {
		return s, models.Errorf(models.CodeInvalid, "a personal workspace is no organization that a file could describe")
	}
	// It is refused, and logged, as the list that only those see who manage members.
	if _, err = st.RemovedMembers(ctx, a, v.ID, models.RemovedQuery{Limit: 1}); err != nil {
		return s, err
	}
	if s.Settings, err = st.Settings(ctx, a, v.ID); err != nil {
		return s, err
	}
	roles, err := st.Roles(ctx, a, v.ID)
	if err != nil {
		return s, err
	}
	for _, r := range roles {
		if !r.BuiltIn {
			s.Roles = append(s.Roles, r)
		}
	}
	if s.Members, err = every(func(after string) (models.Page[models.Member], error) {
		return st.ListMembers(ctx, a, v.ID, models.MemberQuery{Limit: models.MaxLimit, After: after})
	}); err != nil {
		return s, err
	}
	if s.Links, err = every(func(after string) (models.Page[models.JoinLink], error) {
		return st.ListLinks(ctx, a, v.ID, models.LinkQuery{Active: true, Limit: models.MaxLimit, After: after})
	}); err != nil {
		return s, err
	}
	if s.Invitations, err = every(func(after string) (models.Page[models.Invitation], error) {
		return st.ListInvitations(ctx, a, v.ID, models.InvitationQuery{States: []models.InvitationState{models.StateRequested, models.StatePending}, Limit: models.MaxLimit, After: after})
	}); err != nil {
		return s, err
	}
	if err := servicesOf(ctx, st, a, &s, v); err != nil {
		return s, err
	}
	return s, workspacesOf(ctx, st, a, &s)
}

// workspacesOf reads the workspaces, and who was added to them.
func workspacesOf(ctx context.Context, st *store.Store, a models.Actor, s *orgfile.State) error {
	org := s.Organization.ID
	workspaces, err := every(func(after string) (models.Page[models.WorkspaceView], error) {
		return st.ListWorkspaces(ctx, a, org, models.WorkspaceQuery{Limit: models.MaxLimit, After: after})
	})
	if err != nil {
		return err
	}
	s.Parts = map[string]map[string]string{}
	for _, w := range workspaces {
		s.Workspaces = append(s.Workspaces, w.Workspace)
		members, err := every(func(after string) (models.Page[models.WorkspaceMember], error) {
			return st.ListWorkspaceMembers(ctx, a, org, w.ID, models.WorkspaceMemberQuery{Limit: models.MaxLimit, After: after})
		})
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Given == "" {
				continue
			}
			if s.Parts[m.ID] == nil {
				s.Parts[m.ID] = map[string]string{}
			}
			s.Parts[m.ID][w.ID] = m.Label()
		}
	}
	return nil
}

// every reads all pages of a list.
func every[T any](page func(after string) (models.Page[T], error)) (all []T, err error) {
	for after := ""; ; {
		p, err := page(after)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if after = p.Next; after == "" {
			return all, nil
		}
	}
}
