package models

import (
	"slices"
	"strings"
)

// ScopeAll is the scope of a key that may do all that its holder may.
const ScopeAllActions = "*"

// neverByKey are operations that no API key does, whatever its scopes and its
// holder's rights: a key makes no keys and nobody who could have one, no webhook that would
// hear of things when the key is no more, does not
// transfer or delete the organization, and does nothing to the account of its
// owner. The rest of a noun is in keyNouns.
var neverByKey = []string{
	"api_key.create", "api_key.update", "api_key.rotate", "webhook.create", "webhook.update", "webhook.rotate", "service.create", "service.update", "service.remove",
	"organization.create", "organization.delete", "organization.restore", "organization.purge", "organization.switch",
	"organization.upgrade", "organization.list", "organization.all",
	"member.leave", "member.add", "invitation.accept", "invitation.decline", "invitation.own", "workspace.switch",
}

// keyNouns are what the operations of API keys are of: what belongs to an
// organization. Everything else (accounts, SSH keys, second factors, sessions,
// transfers) needs the person.
var keyNouns = []string{
	"organization", "member", "invitation", "link", "workspace", "project", "settings", "plan", "role", "audit", "event",
	"api_key", "service", "webhook", "prompt", "experiment", "can_i", "whoami",
}

// KeyMay tells whether any API key could do an operation.
func KeyMay(action string) bool {
	noun, _, _ := strings.Cut(action, ".")
	if !slices.Contains(keyNouns, noun) {
		return false
	}
	return !slices.ContainsFunc(neverByKey, func(n string) bool { return isOrUnder(action, n) })
}

// isOrUnder tells whether an action is an operation, or a part of one.
func isOrUnder(action, name string) bool {
	return strings.HasPrefix(action, name) && (len(action) == len(name) || action[len(name)] == '.')
}

// whoAmI is open to every key: what it is.
const whoAmI = "whoami"

// InScope tells whether scopes hold an operation: its name, a group it is in, or
// all.
func InScope(scopes []string, action string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool {
		return s == ScopeAllActions || isOrUnder(action, s)
	})
}

// CheckKeyAction refuses what a key may not do, before anything is asked about
// its holder.
func (k APIKey) CheckKeyAction(action string) error {
	switch {
	case action == whoAmI:
		return nil
	case !KeyMay(action):
		return Errorf(CodeDenied, "no API key may do this").WithHint("sign in with an SSH key for it")
	case !InScope(k.Scopes, action):
		return &Error{Code: CodeDenied, Message: "the API key " + k.ID + " does not have the scope " + action,
			Hint: "its scopes: " + strings.Join(k.Scopes, ", ")}
	case k.WorkspaceID != "" && !inWorkspaces(action):
		return Errorf(CodeDenied, "the API key %s is for one workspace, and %s is for the organization", k.ID, action).
			WithHint("use a key without a workspace")
	case k.ProjectID != "" && strings.HasPrefix(action, "project.") && (action == "project.create" || action == "project.delete"):
		return Errorf(CodeDenied, "the API key %s is for one project", k.ID).WithHint("use a key without a project")
	}
	return nil
}

// inWorkspaces tells whether an operation is in one workspace.
func inWorkspaces(action string) bool {
	noun, rest, _ := strings.Cut(action, ".")
	switch noun {
	case "project", "prompt", "experiment", "can_i":
		return true
	case "workspace":
		return rest != "create" && rest != "delete"
	}
	// The organization is looked up by whoever works in it.
	return action == "organization.show" || action == "organization.here" || action == "organization.enter"
}

// CheckScopes reads the scopes of a key and gives each once, in order: names of
// operations and groups of them. None are all. That the operations exist is for
// the table of operations to say.
func CheckScopes(words []string) ([]string, error) {
	if checkedScopes(words) {
		return words, nil
	}
	var out []string
	for _, w := range words {
		for s := range strings.FieldsFuncSeq(strings.ToLower(w), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
			if s = strings.TrimSuffix(s, ".*"); !validScope(s) {
				return nil, Invalid("scope", "scope %q is not an operation or a group of them", clip(SafeText(s), 40)).
					WithHint("for instance: member.list, invitation, *")
			}
			out = append(out, s)
		}
	}
	if len(out) == 0 || slices.Contains(out, ScopeAllActions) {
		return []string{ScopeAllActions}, nil
	}
	if len(out) > MaxKeyScopes {
		return nil, Invalid("scope", "a key can have at most %d scopes", MaxKeyScopes)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// checkedScopes tells whether scopes are as CheckScopes gives them, which those of
// a verification mostly are.
func checkedScopes(words []string) bool {
	for i, s := range words {
		if s == ScopeAllActions || i > 0 && words[i-1] >= s || !validScope(s) {
			return false
		}
	}
	return len(words) > 0 && len(words) <= MaxKeyScopes
}

func validScope(s string) bool {
	if s == ScopeAllActions {
		return true
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return false
		}
	}
	return KeyMay(s) || slices.Contains(keyNouns, s)
}

// ScopeGroups are the groups of operations that can be a scope.
func ScopeGroups() []string { return slices.Clone(keyNouns) }

// IsScopeGroup tells whether a scope is a whole group.
func IsScopeGroup(s string) bool { return slices.Contains(keyNouns, s) }
