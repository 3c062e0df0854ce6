package models

import (
	"fmt"
	"strings"
)

// Role is a role in an organization.
type Role string

// The built-in roles, highest rank first.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
	RoleViewer Role = "viewer"
)

// Roles lists the built-in roles by rank, highest first.
func Roles() []Role { return []Role{RoleOwner, RoleAdmin, RoleMember, RoleViewer} }

// Rank orders roles: 4 for owner down to 1 for viewer, 0 for no role at all.
func (r Role) Rank() int {
	switch r {
	case RoleOwner:
		return 4
	case RoleAdmin:
		return 3
	case RoleMember:
		return 2
	case RoleViewer:
		return 1
	}
	return 0
}

// RoleOfRank is the inverse of Rank; "" for a rank that no role has.
func RoleOfRank(n int) Role {
	for _, r := range Roles() {
		if r.Rank() == n {
			return r
		}
	}
	return ""
}

// ParseRole reads a role in any letter case.
func ParseRole(field, s string) (Role, error) {
	r := Role(strings.ToLower(strings.TrimSpace(s)))
	if r.Rank() == 0 {
		return "", Invalid(field, "%s %q is not a role: owner, admin, member or viewer", field, clip(SafeText(s), 20))
	}
	return r, nil
}

// AnyRole is a built-in role, or a custom one at organization scope.
type AnyRole interface {
	// Rank is that of the built-in role that the role counts as.
	Rank() int
	Permissions() []Permission
	// Label is the role's name; Article names it in a sentence.
	Label() string
	Article() string
}

// Label is the role's name.
func (r Role) Label() string { return string(r) }

// Access is what one actor may do in one organization, as it stands in the
// database at this moment. The store makes it; rules read it.
type Access struct {
	UserID string
	OrgID  string
	Role   Role // the role held as a member, with a custom one what it counts as; "" for none
	Custom *CustomRole
	Member bool // an active member
	// Flat says that the plan makes everybody an admin in effect. Owners stay
	// what they are. Once the plan changes, the others are given the role.
	Flat      bool
	SiteAdmin bool
	Personal  bool // the organization is a personal workspace
	Unpaid    bool // billing is required, and there is no payment method
}

// Effective is the role whose rank counts: a site admin holds every permission
// everywhere.
func (a Access) Effective() Role {
	switch {
	case a.SiteAdmin:
		return RoleOwner
	case !a.Member:
		return ""
	case a.Flat && a.Role != RoleOwner:
		return RoleAdmin
	}
	return a.Role
}

// Can tells whether the actor has a permission.
func (a Access) Can(p Permission) bool {
	if a.Custom != nil && !a.SiteAdmin && a.Member && !(a.Flat && RoleAdmin.Can(p)) {
		return a.Custom.Can(p)
	}
	return a.Effective().Can(p)
}

// article names what the actor is, for refusals.
func (a Access) article() string {
	if a.Custom != nil && a.Member && !a.SiteAdmin && !a.Flat {
		return a.Custom.Article()
	}
	return a.Effective().Article()
}

// Elevated tells whether a permission comes from being site admin and not from
// the membership. The audit log names such uses.
func (a Access) Elevated(p Permission) bool {
	plain := a
	plain.SiteAdmin = false
	return a.SiteAdmin && !plain.Can(p)
}

// Require gives nil if the actor has the permission, else a CodeDenied error
// that names the rule and who can help.
func (a Access) Require(p Permission) error {
	if a.Can(p) {
		return nil
	}
	who, helps := ownerOrAdmin, p
	switch lowestRole(p) {
	case RoleOwner:
		who = "an owner"
	case RoleMember:
		who, helps = "an owner or admin, who can raise your role", PermMembers
	}
	return refuse(p, helps, "%s may not %s", a.article(), row(p).Does).WithHint("ask %s", who)
}

const ownerOrAdmin = "an owner or admin"

// lacks is the first permission of a role that the actor does not have.
func (a Access) lacks(r AnyRole) (Permission, bool) {
	for _, p := range r.Permissions() {
		if !row(p).later && !a.Can(p) {
			return p, true
		}
	}
	return "", false
}

// CheckGrant holds the rule that nobody grants a role above their own: neither
// in rank nor in any single permission. It covers every path on which a role
// is handed out.
func (a Access) CheckGrant(r AnyRole) error {
	if err := givable(r); err != nil {
		return err
	}
	missing, lacking := a.lacks(r)
	if !lacking && r.Rank() <= a.Effective().Rank() {
		return nil
	}
	e := Errorf(CodeDenied, "%s may not grant the role %s", a.article(), r.Label())
	_, custom := r.(*CustomRole)
	if lacking && (custom || a.Custom != nil) {
		return e.WithHint("nobody can grant a permission they do not have: %s; %s", row(missing).Does, whoGrants(r))
	}
	return e.WithHint("nobody can grant a role above their own; %s", whoGrants(r))
}

// givable refuses what nobody in an organization can be given.
func givable(r AnyRole) error {
	if c, ok := r.(*CustomRole); ok {
		if c.Scope != ScopeOrganization {
			return Invalid("role", "the role %s is for workspaces", c.Name).WithHint("give it to somebody in a workspace")
		}
		if c.Gone {
			return Errorf(CodeConflict, "the role %s no longer exists", c.Name).WithHint("choose another role")
		}
		return nil
	}
	if r.Rank() == 0 {
		return Invalid("role", "role %q is not a role: owner, admin, member or viewer", clip(SafeText(r.Label()), 20))
	}
	return nil
}

func whoGrants(r AnyRole) string {
	for _, p := range r.Permissions() {
		if row(p).Scope == ScopeOrganization && !RoleAdmin.Can(p) {
			return "ask an owner"
		}
	}
	return "ask " + ownerOrAdmin
}

// Standing is what a rule needs to know of the member it is about.
type Standing struct {
	UserID string
	Role   Role
	Custom *CustomRole
	Active bool // neither membership nor account is suspended
	Ends   bool // by itself at a set time
}

func (m Standing) can(p Permission) bool {
	if m.Custom != nil {
		return m.Custom.Can(p)
	}
	return m.Role.Can(p)
}

// Lasting tells whether the member is an owner who keeps an organization alive:
// active, and without an end.
func (m Standing) Lasting() bool { return m.Role == RoleOwner && m.Active && !m.Ends }

// lastOwner refuses to lose the last active owner. activeOwners counts those of
// Lasting in the same transaction.
func lastOwner(m Standing, activeOwners int) error {
	if m.Lasting() && activeOwners <= 1 {
		return Errorf(CodeConflict, "an organization always has at least one active owner").
			WithHint("make somebody else an owner first")
	}
	return nil
}

// CheckRoleChange holds the rules for giving a member another role: rank, only
// owners touch owners, oneself only downwards, never without an active owner.
func (a Access) CheckRoleChange(m Standing, to AnyRole, activeOwners int) error {
	if err := givable(to); err != nil {
		return err
	}
	self := m.UserID == a.UserID
	switch {
	case self && !a.SiteAdmin:
		// By what is held, not by what a flat plan gives for now.
		for _, p := range to.Permissions() {
			if !m.can(p) && !row(p).later {
				return Errorf(CodeDenied, "you may lower your own role, never raise it").WithHint("%s", whoGrants(to))
			}
		}
	default:
		if err := a.Require(PermMembers); err != nil {
			return err
		}
		if err := a.touch(m); err != nil {
			return err
		}
		if err := a.CheckGrant(to); err != nil {
			return err
		}
	}
	if to != AnyRole(RoleOwner) {
		return lastOwner(m, activeOwners)
	}
	return nil
}

// CheckRemove holds the rules for taking a member out.
func (a Access) CheckRemove(m Standing, activeOwners int) error {
	if m.UserID == a.UserID && a.Member {
		return a.CheckLeave(m, activeOwners)
	}
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	if err := a.touch(m); err != nil {
		return err
	}
	return lastOwner(m, activeOwners)
}

// CheckLeave holds the rules for leaving: everybody may, but not from the
// personal workspace, and not the last owner.
func (a Access) CheckLeave(m Standing, activeOwners int) error {
	if a.Personal {
		return Errorf(CodeDenied, "the personal workspace cannot be left").
			WithHint("it belongs to your account")
	}
	return lastOwner(m, activeOwners)
}

// touch holds the rule that only owners touch owners.
func (a Access) touch(m Standing) error {
	if m.Role == RoleOwner && a.Effective() != RoleOwner {
		return Errorf(CodeDenied, "only an owner may change or remove an owner").WithHint("ask an owner")
	}
	return nil
}

// Article gives the role with its article, for sentences.
func (r Role) Article() string {
	if r == "" {
		return "somebody without a role"
	}
	if strings.ContainsAny(string(r[:1]), "aeiou") {
		return fmt.Sprintf("an %s", string(r))
	}
	return fmt.Sprintf("a %s", string(r))
}
