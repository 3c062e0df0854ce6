package demo

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"muster/models"
	"muster/store"
)

// furnish gives organizations what people make in them, so that every screen has
// something to show: workspaces with projects and members, roles of their own,
// join links, and members who are suspended, gone, or nominated. It is done
// through the store as anybody would do it, at the time of the store's clock.
// Nobody is sent mail by any of it.
func furnish(ctx context.Context, s *store.Store, you models.Actor) error {
	for _, o := range furnishings {
		v, err := s.Organization(ctx, you, o.code)
		if err == nil {
			err = (&furnisher{ctx, s, you, v}).do(o)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.code, err)
		}
	}
	return nil
}

type furnishing struct {
	code       string
	motd       string
	roles      []customRole
	workspaces []workspace
	links      []models.NewLink
	programs   bool // a service account and keys
	life       bool // somebody is suspended, somebody is gone, somebody leaves soon
	nomination bool // the owner nominates the first user
}

type customRole struct {
	name, description string
	scope             models.Scope
	permissions       []string
	holders           int
}

type workspace struct {
	name, description string
	members           int
	role              models.WorkspaceRole // of every third of them
	projects          []models.NewProject
	asked             bool // a member proposes somebody for it
}

const (
	production  = "production"
	staging     = "staging"
	development = "development"
)

var furnishings = []furnishing{
	{
		code: "ACME",
		roles: []customRole{
			{"Auditor", "reads the log, and nothing else", models.ScopeOrganization, []string{string(models.PermAudit)}, 2},
			{"Recruiter", "invites, and decides requests", models.ScopeOrganization, []string{string(models.PermInvite), string(models.PermDecide), string(models.PermKeysOwn)}, 3},
			{"Builder", "manages projects, not people", models.ScopeWorkspace, []string{string(models.PermProjectChange), string(models.PermProjectManage)}, 0},
		},
		workspaces: []workspace{
			{models.GeneralWorkspace, "", 40, models.WorkspaceEditor, []models.NewProject{
				{Name: "Catalogue", Description: "what we make, with pictures", Environment: production},
				{Name: "Price list", Environment: production},
				{Name: "Safety leaflets", Description: "in eleven languages", Environment: staging},
			}, false},
			{"Research", "What comes next, and what came down", 25, "Builder", []models.NewProject{
				{Name: "Engine", Description: "rocket skates, third generation", Environment: development},
				{Name: "Giant magnet", Environment: development},
				{Name: "Launcher", Description: "the one that did not explode", Environment: staging},
				{Name: "Paint that looks like a tunnel", Environment: production},
			}, true},
			{"Field trials", "Deserts, canyons, railway lines", 12, models.WorkspaceEditor, []models.NewProject{
				{Name: "Autumn trials", Description: "bring water", Environment: production},
			}, false},
			{"Legal", "Complaints of one customer", 4, models.WorkspaceAdmin, nil, false},
		},
		links: []models.NewLink{
			{Label: "spring course", Role: models.RoleViewer, MaxUses: 30, TTL: 20 * 24 * time.Hour},
			{Label: "suppliers", Role: models.RoleMember, MaxUses: 5, TTL: 2 * 24 * time.Hour},
		},
		programs: true,
		life:     true,
	},
	{
		code: "INITECH", motd: "Please use the new cover sheet.",
		workspaces: []workspace{
			{models.GeneralWorkspace, "", 6, models.WorkspaceEditor, []models.NewProject{{Name: "Cover sheets", Environment: production}}, false},
			{"Reports", "Reports on reports", 5, models.WorkspaceEditor, []models.NewProject{{Name: "Weekly", Environment: production}, {Name: "Weekly, revised", Environment: staging}}, false},
		},
		links: []models.NewLink{{Label: "consultants", Role: models.RoleMember, MaxUses: 2, TTL: 7 * 24 * time.Hour}},
	},
	{
		code: "NORTHWIND",
		workspaces: []workspace{
			{"Warehouse", "Boxes in, boxes out", 8, models.WorkspaceEditor, []models.NewProject{{Name: "Inventory", Environment: production}}, false},
		},
		nomination: true,
	},
}

type furnisher struct {
	ctx context.Context
	s   *store.Store
	you models.Actor
	org models.OrgView
}

func (f *furnisher) do(o furnishing) error {
	if o.motd != "" {
		if _, err := f.s.UpdateSettings(f.ctx, f.you, f.org.ID, []models.SettingChange{{Key: models.SetMOTD, Value: o.motd}}, false); err != nil {
			return err
		}
	}
	page, err := f.s.ListMembers(f.ctx, f.you, f.org.ID, models.MemberQuery{Role: models.RoleMember, Status: models.MemberActive, Limit: models.MaxLimit})
	if err != nil {
		return err
	}
	members := page.Items
	next := func() (m models.Member, ok bool) {
		if len(members) < 2 { // leave somebody who is no more than a member
			return m, false
		}
		m, members = members[0], members[1:]
		return m, true
	}
	if err := f.roles(o.roles, next); err != nil {
		return err
	}
	if o.life {
		if err := f.life(next); err != nil {
			return err
		}
	}
	for i, w := range o.workspaces {
		if err := f.workspace(w, members[min(i, len(members)-1):]); err != nil {
			return err
		}
	}
	for _, l := range o.links {
		if _, err := f.s.CreateLink(f.ctx, f.you, f.org.ID, l); err != nil {
			return err
		}
	}
	if o.programs {
		if err := f.programs(); err != nil {
			return err
		}
	}
	if o.nomination {
		owner := models.Actor{UserID: f.org.PrimaryOwner, Via: models.ViaTUI, Door: models.DoorLocal, OwnerConfirmed: true}
		if _, err := f.s.Nominate(f.ctx, owner, f.org.ID, f.you.UserID); err != nil {
			return err
		}
	}
	return nil
}

// roles makes roles of the organization's own, and gives them to members.
func (f *furnisher) roles(roles []customRole, next func() (models.Member, bool)) error {
	for _, r := range roles {
		made, err := f.s.CreateRole(f.ctx, f.you, f.org.ID, r.scope, models.RoleDraft{Name: &r.name, Description: &r.description, Permissions: r.permissions})
		if err != nil {
			return err
		}
		for range r.holders {
			m, ok := next()
			if !ok {
				break
			}
			if _, err := f.s.ChangeRole(f.ctx, f.you, f.org.ID, m.ID, models.Role(made.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// life lets something happen to three members.
func (f *furnisher) life(next func() (models.Member, bool)) error {
	if m, ok := next(); ok {
		if _, err := f.s.SuspendMember(f.ctx, f.you, f.org.ID, m.ID, "on leave until May"); err != nil {
			return err
		}
	}
	if m, ok := next(); ok {
		if _, err := f.s.RemoveMember(f.ctx, f.you, f.org.ID, m.ID); err != nil {
			return err
		}
	}
	if m, ok := next(); ok {
		now, err := f.s.Member(f.ctx, f.you, f.org.ID, m.ID)
		if err != nil {
			return err
		}
		end := now.JoinedAt.AddDate(1, 0, 0)
		if _, err := f.s.SetMemberEnd(f.ctx, f.you, f.org.ID, m.ID, &end); err != nil {
			return err
		}
	}
	return nil
}

func (f *furnisher) workspace(w workspace, members []models.Member) error {
	if w.name != models.GeneralWorkspace {
		if _, err := f.s.CreateWorkspace(f.ctx, f.you, f.org.ID, models.NewWorkspace{Name: w.name, Description: w.description}); err != nil {
			return err
		}
	}
	for i, m := range members[:min(w.members, len(members))] {
		role := models.WorkspaceViewer
		if i%3 == 0 {
			role = w.role
		}
		if _, err := f.s.AddWorkspaceMember(f.ctx, f.you, f.org.ID, w.name, m.ID, role); err != nil {
			return err
		}
	}
	for _, p := range w.projects {
		if _, err := f.s.CreateProject(f.ctx, f.you, f.org.ID, w.name, p); err != nil {
			return err
		}
	}
	if !w.asked {
		return nil
	}
	// A proposal sends no mail before it is approved.
	_, err := f.s.CreateInvitation(f.ctx, models.Actor{UserID: members[0].ID, Via: models.ViaTUI, Door: models.DoorLocal}, f.org.ID, models.NewInvitation{
		Email: "new.in.research@example.com", Name: "Wile Newcomer", Role: models.RoleMember, Message: "knows about magnets",
		Workspaces: []models.WorkspaceGrant{{Workspace: w.name, Role: models.WorkspaceViewer}},
	})
	return err
}

// programs makes a service account and keys, two of which were used.
func (f *furnisher) programs() error {
	if _, err := f.s.CreateService(f.ctx, f.you, f.org.ID, models.NewService{Name: "catalogue-sync", Description: "keeps the shop up to date",
		Role: models.RoleMember, Workspaces: []string{models.GeneralWorkspace + "=editor"}}); err != nil {
		return err
	}
	for _, k := range []struct {
		new  models.NewAPIKey
		uses int
	}{
		{models.NewAPIKey{Label: "shop", Service: "catalogue-sync", TTL: 90 * 24 * time.Hour}, 40},
		{models.NewAPIKey{Label: "build server", Kind: models.KeyOrganization, Scopes: []string{"project", "workspace.list"}, TTL: 10 * 24 * time.Hour}, 7},
	} {
		made, err := f.s.CreateAPIKey(f.ctx, f.you, f.org.ID, k.new)
		if err != nil {
			return err
		}
		for range k.uses {
			if _, _, err := f.s.AuthenticateAPIKey(f.ctx, made.Secret, netip.MustParseAddr("192.0.2.7")); err != nil {
				return err
			}
		}
	}
	return nil
}
