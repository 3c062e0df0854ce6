package orgfile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/models"
)

// State is an organization as it is, in as much of it as a file can say.
type State struct {
	Organization models.Organization
	Settings     []models.SettingValue
	Roles        []models.RoleView // custom ones
	Workspaces   []models.Workspace
	Members      []models.Member
	Parts        map[string]map[string]string // by user id: the workspaces that they were added to by id, with the role
	Links        []models.JoinLink            // that let somebody in
	Invitations  []models.Invitation          // open ones
	Services     []models.ServiceAccount
	NoServices   bool // the service accounts are not the actor's to see
}

// Step is one change, by the operation that makes it.
type Step struct {
	Operation string `json:"operation"`
	Target    string `json:"target"` // id, address or name
	Text      string `json:"text"`
	Removes   bool   `json:"removes"`     // it takes somebody or something away
	Owner     bool   `json:"makes_owner"` // it makes somebody an owner
	Change    Change `json:"change,omitzero"`
	// Consequences are what a removal brings, for who looks at the plan.
	Consequences *models.Consequences `json:"consequences,omitempty"`
}

// Change holds what an operation is called with.
type Change struct {
	Settings   []models.SettingChange  `json:"settings,omitempty"`
	Name       string                  `json:"name,omitempty"`
	Scope      models.Scope            `json:"scope,omitempty"`
	Text       *string                 `json:"description,omitempty"`
	Open       *string                 `json:"open,omitempty"`
	Grants     []string                `json:"permissions,omitempty"`
	Role       string                  `json:"role,omitempty"`
	Until      *time.Time              `json:"until,omitempty"`
	Workspace  string                  `json:"workspace,omitempty"`
	Workspaces []models.WorkspaceGrant `json:"workspaces,omitempty"`
	Status     string                  `json:"status,omitempty"`
	Into       *[]string               `json:"into,omitempty"` // all workspaces of a service account, as workspace=role
	MaxUses    int                     `json:"max_uses,omitempty"`
	TTL        time.Duration           `json:"ttl,omitempty"`
}

// Plan is what makes an organization what a file says, in this order.
type Plan []Step

// Digest is the same for plans that change the same.
func (p Plan) Digest() (string, error) {
	steps := slices.Clone(p)
	for i := range steps {
		steps[i].Consequences = nil
	}
	b, err := json.Marshal(steps)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

// Removals counts the steps that take something away.
func (p Plan) Removals() (n int) {
	for _, s := range p {
		if s.Removes {
			n++
		}
	}
	return n
}

// planner collects the steps of a plan. What others need comes first, and what takes
// away comes last.
type planner struct {
	File
	s      State
	first  Plan
	last   Plan
	owners map[string]bool // active owners by id, as they will be
}

func (p *planner) do(s Step) { p.first = append(p.first, s) }

func (p *planner) remove(s Step) {
	s.Removes = true
	p.last = append(p.last, s)
}

// Compare gives what has to change, and how many active owners there will be then.
func Compare(f File, s State) (plan Plan, owners int, err error) {
	p := &planner{File: f, s: s, owners: map[string]bool{}}
	if f.Organization != "" && f.Organization != s.Organization.ID && models.NormCode(f.Organization) != models.NormCode(s.Organization.Code) {
		return nil, 0, models.Errorf(models.CodeConflict, "the file is of %s, and this is %s", models.SafeText(f.Organization), s.Organization.Code).
			WithHint("name the organization with --org, or take it out of the file")
	}
	for _, m := range s.Members {
		p.owners[m.ID] = m.Role == models.RoleOwner && m.Status == models.MemberActive && m.AccountStatus == models.UserActive && m.EndsAt == nil
	}
	for _, part := range []func() error{p.settings, p.roles, p.workspaces, p.members, p.services, p.links} {
		if err := part(); err != nil {
			return nil, 0, err
		}
	}
	for _, lasting := range p.owners {
		if lasting {
			owners++
		}
	}
	// Workspaces and roles go when nobody is left who has them.
	rank := func(s Step) int {
		return slices.Index([]string{"service.remove", "member.remove", "link.revoke", "workspace.delete", "role.delete"}, s.Operation)
	}
	slices.SortStableFunc(p.last, func(a, b Step) int { return cmp.Compare(rank(a), rank(b)) })
	return append(p.first, p.last...), owners, nil
}

func (p *planner) settings() error {
	var changes []models.SettingChange
	var words []string
	for _, key := range slices.Sorted(maps.Keys(p.Settings)) {
		def, err := models.FindSetting(key)
		if err != nil {
			return models.Invalid("file", "%s", models.AsError(err).Message).WithHint("%s", models.AsError(err).Hint)
		}
		value, err := def.Check(key, p.Settings[key])
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.s.Settings, func(v models.SettingValue) bool { return v.Key == key })
		if i < 0 {
			return models.Errorf(models.CodeDenied, "the setting %s is not yours to see", key)
		}
		if was := p.s.Settings[i].Value; was != value {
			changes = append(changes, models.SettingChange{Key: key, Value: value, Base: &was})
			words = append(words, key+": "+quoted(was)+" becomes "+quoted(value))
		}
	}
	if len(changes) > 0 {
		p.do(Step{Operation: "settings.update", Target: p.s.Organization.Code, Text: "settings " + strings.Join(words, ", "), Change: Change{Settings: changes}})
	}
	return nil
}

func quoted(s string) string {
	if s == "" {
		return "empty"
	}
	return s
}

func (p *planner) roles() error {
	if p.Roles == nil {
		return nil
	}
	kept := map[string]bool{}
	for _, want := range p.Roles {
		i := slices.IndexFunc(p.s.Roles, func(r models.RoleView) bool { return models.NormName(r.Name) == models.NormName(want.Name) })
		scope := models.Scope(cmp.Or(want.Scope, string(models.ScopeOrganization)))
		if i < 0 {
			p.do(Step{Operation: "role.create", Target: want.Name, Text: "make the role " + want.Name,
				Change: Change{Name: want.Name, Scope: scope, Text: want.Description, Grants: want.Permissions}})
			continue
		}
		is := p.s.Roles[i]
		kept[is.ID] = true
		if is.Scope != scope {
			return at(want.line, "the role %s is for %ss, and that does not change", want.Name, is.Scope).WithHint("give the other one another name")
		}
		draft := models.RoleDraft{Description: want.Description}
		if want.Permissions != nil {
			draft.Permissions = want.Permissions
		}
		to, err := draft.Apply(is.CustomRole)
		if err != nil {
			return at(want.line, "%s", models.AsError(err).Message)
		}
		if to.Description != is.Description || !slices.Equal(to.Grants, is.Grants) {
			p.do(Step{Operation: "role.update", Target: is.ID, Text: "change the role " + is.Name, Change: Change{Text: want.Description, Grants: want.Permissions}})
		}
	}
	for _, r := range p.s.Roles {
		if !kept[r.ID] {
			p.remove(Step{Operation: "role.delete", Target: r.ID, Text: "delete the role " + r.Name})
		}
	}
	return nil
}

func (p *planner) workspaces() error {
	if p.Workspaces == nil {
		return nil
	}
	kept := map[string]bool{}
	for _, want := range p.Workspaces {
		i := slices.IndexFunc(p.s.Workspaces, func(w models.Workspace) bool { return models.NormName(w.Name) == models.NormName(want.Name) })
		if i < 0 {
			p.do(Step{Operation: "workspace.create", Target: want.Name, Text: "make the workspace " + want.Name,
				Change: Change{Name: want.Name, Text: want.Description, Open: want.Open}})
			continue
		}
		is := p.s.Workspaces[i]
		kept[is.ID] = true
		to, err := models.WorkspaceChange{Description: want.Description, Open: want.Open}.Apply(is)
		if err != nil {
			return at(want.line, "%s", models.AsError(err).Message)
		}
		if to.Description != is.Description || to.Open != is.Open {
			p.do(Step{Operation: "workspace.update", Target: is.ID, Text: "change the workspace " + is.Name, Change: Change{Text: want.Description, Open: want.Open}})
		}
	}
	for _, w := range p.s.Workspaces {
		if !kept[w.ID] {
			p.remove(Step{Operation: "workspace.delete", Target: w.ID, Text: "delete the workspace " + w.Name + " with its projects", Change: Change{Name: w.Name}})
		}
	}
	return nil
}

func (p *planner) links() error {
	if p.Links == nil {
		return nil
	}
	kept := map[string]bool{}
	for _, want := range p.Links {
		i := slices.IndexFunc(p.s.Links, func(l models.JoinLink) bool {
			return !kept[l.ID] && (want.ID != "" && l.ID == want.ID || want.ID == "" && l.Label == want.Label)
		})
		switch {
		case i >= 0:
			is := p.s.Links[i]
			kept[is.ID] = true
			if want.Role != "" && want.Role != string(is.Role) || want.MaxUses != 0 && want.MaxUses != is.MaxUses {
				return at(want.line, "the link %s is there with the role %s and %d uses, and links do not change", want.Label, is.Role, is.MaxUses).
					WithHint("give the new one another label, and leave the old one out")
			}
		case want.ID != "":
			return at(want.line, "there is no link %s that lets anybody in", models.SafeText(want.ID)).WithHint("take it out of the file")
		default:
			c := Change{Name: want.Label, Role: want.Role, MaxUses: want.MaxUses}
			if want.ExpiresIn != "" {
				ttl, err := models.ParseExpiry("expires_in", want.ExpiresIn)
				if err != nil {
					return at(want.line, "%s", models.AsError(err).Message)
				}
				c.TTL = ttl
			}
			p.do(Step{Operation: "link.create", Target: want.Label, Text: "make the join link " + want.Label, Change: c})
		}
	}
	for _, l := range p.s.Links {
		if !kept[l.ID] {
			p.remove(Step{Operation: "link.revoke", Target: l.ID, Text: "revoke the join link " + cmp.Or(l.Label, l.ID)})
		}
	}
	return nil
}
