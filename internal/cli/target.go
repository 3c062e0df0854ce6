package cli

import (
	"context"
	"strings"

	"muster/models"
	"muster/store"
)

// db gives the store: the server's over SSH, else one that this run opens on
// first use.
func (c *cli) db(ctx context.Context) (*store.Store, error) {
	if c.env.Remote != nil {
		return c.env.Remote.Store, nil
	}
	if c.opened == nil {
		o, err := c.storeOptions()
		if err != nil {
			return nil, err
		}
		s, err := c.env.OpenStore(ctx, o)
		if err != nil {
			return nil, err
		}
		c.opened = s
	}
	return c.opened, nil
}

// actor gives who runs the command: over SSH whose key it is, locally the
// oldest site admin, and with --as that user on behalf of somebody else.
func (c *cli) actor(ctx context.Context) (models.Actor, error) {
	if c.env.Remote != nil {
		return c.env.Remote.Actor, nil
	}
	if c.who != nil {
		return *c.who, nil
	}
	s, err := c.db(ctx)
	if err != nil {
		return models.Actor{}, err
	}
	a, err := localActor(ctx, s, models.ViaLocal, c.as)
	if err != nil {
		return models.Actor{}, err
	}
	c.who = &a
	return a, nil
}

func localActor(ctx context.Context, s *store.Store, via models.Via, as string) (models.Actor, error) {
	admin, err := s.FirstAdmin(ctx)
	if err != nil {
		return models.Actor{}, err
	}
	a := models.Actor{UserID: admin.ID, Via: via}
	if as == "" {
		return a, nil
	}
	u, err := s.UserByEmail(ctx, as)
	if err != nil {
		return models.Actor{}, err
	}
	if u.ID != a.UserID {
		a.OnBehalfOf = u.ID
	}
	return a, nil
}

// signedIn gives what nearly every command starts with.
func (c *cli) signedIn(ctx context.Context) (*store.Store, models.Actor, error) {
	s, err := c.db(ctx)
	if err != nil {
		return nil, models.Actor{}, err
	}
	a, err := c.actor(ctx)
	return s, a, err
}

// inOrg gives the organization that a command is about as well: --org or
// MUSTER_ORG, over SSH the user name part, else the one used last.
func (c *cli) inOrg(ctx context.Context) (*store.Store, models.Actor, models.Organization, error) {
	var none models.Organization
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return nil, a, none, err
	}
	ref, login := c.org, ""
	if r := c.env.Remote; r != nil {
		login = r.Login
	} else if ref == "" {
		in, err := c.installation()
		if err != nil {
			return nil, a, none, err
		}
		ref = in.Org
	}
	if ref != "" {
		v, err := findOrg(ctx, s, a, ref)
		return s, a, v, err
	}
	if login != "" {
		// The SSH client sends the name of the local user where none is given,
		// so a name that is no organization of this user means the last one.
		v, err := findOrg(ctx, s, a, login)
		if err == nil || models.CodeOf(err) != models.CodeNotFound {
			return s, a, v, err
		}
	}
	me, err := s.Me(ctx, a)
	if err != nil {
		return nil, a, none, err
	}
	if me.CurrentOrg == "" {
		return nil, a, none, noOrg()
	}
	v, err := s.FindOrganization(ctx, a, me.CurrentOrg)
	switch {
	case models.CodeOf(err) == models.CodeNotFound:
		return nil, a, none, noOrg()
	case err != nil:
		return nil, a, none, err
	case v.Kind == models.KindPersonal:
		return nil, a, none, noOrg()
	}
	return s, a, v, nil
}

func noOrg() error {
	return usage("no organization is chosen").
		WithHint("name it with --org CODE or MUSTER_ORG, or choose one for good with `muster switch CODE`; `muster org list` shows yours")
}

// personal stands for the own personal workspace wherever a code is asked for.
const personal = "personal"

// findOrg finds an organization by its code or id.
func findOrg(ctx context.Context, s *store.Store, a models.Actor, ref string) (models.Organization, error) {
	ref, err := named(ctx, s, a, ref)
	if err != nil {
		return models.Organization{}, err
	}
	return s.FindOrganization(ctx, a, ref)
}

// named puts the id of the personal workspace in place of the word for it.
func named(ctx context.Context, s *store.Store, a models.Actor, ref string) (string, error) {
	if !strings.EqualFold(ref, personal) {
		return ref, nil
	}
	mine, err := s.ListOrganizations(ctx, a)
	for _, e := range mine {
		if e.Relation == models.RelPersonal {
			ref = e.ID
		}
	}
	return ref, err
}
