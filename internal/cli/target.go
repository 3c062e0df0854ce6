package cli

import (
	"cmp"
	"context"

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
		if err := missingSecret(o.Dir); err != nil {
			c.note("%s: a new one is created. %s", err, "`muster doctor` says what that means")
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
	a := models.Actor{UserID: admin.ID, Via: via, Door: models.DoorLocal}
	if as == "" {
		return a, nil
	}
	u, err := s.UserByRef(ctx, as)
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

// inOrg gives the organization that a command is in as well: --org or
// MUSTER_ORG, else what store.LoginOrganization gives for the SSH user name or
// this machine.
func (c *cli) inOrg(ctx context.Context) (*store.Store, models.Actor, models.Organization, error) {
	var none models.Organization
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return nil, a, none, err
	}
	ref, err := c.namedOrg()
	if err != nil {
		return nil, a, none, err
	}
	if ref == "" {
		ref, _, err = s.LoginOrganization(ctx, a)
	} else {
		ref, err = named(ctx, s, a, ref)
	}
	if err != nil {
		return nil, a, none, err
	}
	v, err := s.FindOrganization(ctx, a, ref, cmp.Or(c.attempted, "organization.show"))
	return s, a, v, err
}

// namedOrg is the organization that --org or MUSTER_ORG names, "" where neither
// is given.
func (c *cli) namedOrg() (string, error) {
	if c.org != "" || c.env.Remote != nil {
		return c.org, nil
	}
	in, err := c.installation()
	return in.Org, err
}

// named puts the id of the personal workspace in place of the word for it.
func named(ctx context.Context, s *store.Store, a models.Actor, ref string) (string, error) {
	if models.NormCode(ref) != models.PersonalWord {
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
