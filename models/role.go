package models

import (
	"fmt"
	"slices"
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

// Permission is one thing that a role allows.
type Permission string

// The permissions of PRODUCT.md §4, in the order of its table.
const (
	PermView       Permission = "organization.view"
	PermSettings   Permission = "settings.change"
	PermBilling    Permission = "billing.manage"
	PermTransfer   Permission = "organization.transfer"
	PermDelete     Permission = "organization.delete"
	PermMembers    Permission = "members.manage"
	PermDecide     Permission = "invitations.decide"
	PermInvite     Permission = "invitations.create"
	PermWorkspaces Permission = "workspaces.manage"
	PermPrompts    Permission = "prompts.create"
	PermKeysOwn    Permission = "api_keys.create"
	PermKeysAll    Permission = "api_keys.manage"
	PermAudit      Permission = "audit.read"
)

const ownerOrAdmin = "an owner or admin"

// lowest is the lowest role that has a permission. Roles are nested: whatever a
// role may do, the roles above it may as well.
var lowest = []struct {
	perm Permission
	role Role
	does string // "may ..."
}{
	{PermView, RoleViewer, "see the organization"},
	{PermSettings, RoleAdmin, "change settings"},
	{PermBilling, RoleOwner, "see and change billing"},
	{PermTransfer, RoleOwner, "transfer the organization"},
	{PermDelete, RoleOwner, "delete the organization"},
	{PermMembers, RoleAdmin, "change roles and remove members"},
	{PermDecide, RoleAdmin, "see all invitations and decide them"},
	{PermInvite, RoleMember, "invite"},
	{PermWorkspaces, RoleAdmin, "change workspaces and projects"},
	{PermPrompts, RoleMember, "create prompts and run experiments"},
	{PermKeysOwn, RoleMember, "create API keys"},
	{PermKeysAll, RoleAdmin, "manage all API keys and service accounts"},
	{PermAudit, RoleAdmin, "read the audit log"},
}

// Permissions lists what a role may do, in the order of the table.
func (r Role) Permissions() []Permission {
	var ps []Permission
	for _, l := range lowest {
		if r.Rank() >= l.role.Rank() {
			ps = append(ps, l.perm)
		}
	}
	return ps
}

// Can tells whether a role has a permission.
func (r Role) Can(p Permission) bool {
	return r.Rank() > 0 && slices.Contains(r.Permissions(), p)
}

// denied is the refusal of a permission: it names the rule and who can help.
func denied(r Role, p Permission) *Error {
	for _, l := range lowest {
		if l.perm != p {
			continue
		}
		who := "an owner"
		if l.role == RoleAdmin {
			who = ownerOrAdmin
		}
		if l.role == RoleMember {
			who = "an owner or admin, who can raise your role"
		}
		return Errorf(CodeDenied, "%s may not %s", r.Article(), l.does).WithHint("ask %s", who)
	}
	return Errorf(CodeDenied, "nobody may %s", p)
}

// Access is what one actor may do in one organization, as it stands in the
// database at this moment. The store makes it; rules read it.
type Access struct {
	UserID    string
	OrgID     string
	Role      Role // the role held as a member; "" for none
	Member    bool // an active member
	SiteAdmin bool
	Personal  bool // the organization is a personal workspace
}

// Effective is the role whose rank and permissions count: a site admin holds
// every permission everywhere.
func (a Access) Effective() Role {
	if a.SiteAdmin {
		return RoleOwner
	}
	if a.Member {
		return a.Role
	}
	return ""
}

// Elevated tells whether a permission comes from being site admin and not from
// the membership. The audit log names such uses.
func (a Access) Elevated(p Permission) bool {
	return a.SiteAdmin && !(a.Member && a.Role.Can(p))
}

// Require gives nil if the actor has the permission, else a CodeDenied error.
func (a Access) Require(p Permission) error {
	if a.Effective().Can(p) {
		return nil
	}
	return denied(a.Effective(), p)
}

// CheckGrant holds the rule that nobody grants a role above their own rank. It
// covers every path on which a role is handed out.
func (a Access) CheckGrant(r Role) error {
	if r.Rank() == 0 {
		return Invalid("role", "role %q is not a role: owner, admin, member or viewer", clip(SafeText(string(r)), 20))
	}
	if own := a.Effective(); r.Rank() > own.Rank() {
		return Errorf(CodeDenied, "%s may not grant the role %s", own.Article(), r).
			WithHint("nobody grants a role above their own; %s", whoGrants(r))
	}
	return nil
}

func whoGrants(r Role) string {
	if r == RoleOwner {
		return "ask an owner"
	}
	return "ask " + ownerOrAdmin
}

// Standing is what a rule needs to know of the member it is about.
type Standing struct {
	UserID string
	Role   Role
	Active bool
}

// lastOwner refuses to lose the last active owner. activeOwners is counted in
// the same transaction.
func lastOwner(m Standing, activeOwners int) error {
	if m.Role == RoleOwner && m.Active && activeOwners <= 1 {
		return Errorf(CodeConflict, "an organization always has at least one active owner").
			WithHint("make somebody else an owner first")
	}
	return nil
}

// CheckRoleChange holds the rules for giving a member another role: rank, only
// owners touch owners, oneself only downwards, never without an active owner.
func (a Access) CheckRoleChange(m Standing, to Role, activeOwners int) error {
	if to.Rank() == 0 {
		return a.CheckGrant(to)
	}
	self := m.UserID == a.UserID
	switch {
	case self && !a.SiteAdmin:
		if to.Rank() > m.Role.Rank() {
			return Errorf(CodeDenied, "you may lower your own role, never raise it").WithHint("%s", whoGrants(to))
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
	if to != RoleOwner {
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
