package models

// The rules of which roles a plan has. They are asked on every path on which a
// role is given, kept or brought back, beside the one of rank.

// CheckFlat refuses every role but owner and admin where the plan has flat
// roles.
func (a Access) CheckFlat(r AnyRole) error {
	if !a.Flat || r == AnyRole(RoleOwner) || r == AnyRole(RoleAdmin) {
		return nil
	}
	return a.flat(r.Label())
}

// CheckFlatInWorkspace is CheckFlat for a role in a workspace, of which everybody
// is an admin then.
func (a Access) CheckFlatInWorkspace(r AnyWorkspaceRole) error {
	if !a.Flat {
		return nil
	}
	return a.flat(r.Label())
}

// CheckFlatDefine refuses to make or change custom roles where nobody can be
// given one.
func (a Access) CheckFlatDefine() error {
	if !a.Flat {
		return nil
	}
	return a.flat("")
}

func (a Access) flat(role string) error {
	what := "there are no other roles"
	if role != "" {
		what = "nobody can have the role " + role
	}
	return refuse("", PermBilling, "under this plan everybody except the owners is an admin, and %s", what).
		WithHint("another plan may have more roles, see: {plan.list}; ask an owner or a site admin")
}

// CheckRole is CheckFlat, and refuses a custom role where the plan has none.
func (p Plan) CheckRole(a Access, r AnyRole) error {
	if err := a.CheckFlat(r); err != nil {
		return err
	}
	if _, custom := r.(*CustomRole); custom {
		return p.Require(FeatureCustomRoles)
	}
	return nil
}

// DefaultRole is the role of whom nobody gives another: that of the settings,
// where the plan has it.
func (a Access) DefaultRole(s MemberSettings) Role {
	if a.CheckFlat(s.DefaultRole) != nil {
		return RoleAdmin
	}
	return s.DefaultRole
}

// LowestRole is the role with which to ask whether somebody may be let in at all.
func (a Access) LowestRole() Role {
	if a.Flat {
		return RoleAdmin
	}
	return RoleViewer
}
