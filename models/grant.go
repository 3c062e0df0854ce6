package models

import (
	"slices"
	"strings"
)

// Grant is what a token lets whoever holds it do, of what its owner may: all of
// it where both are empty.
type Grant struct {
	// Organization is the code or the id of the only one that it leads into.
	Organization string
	// Operations are names of operations, like member.list, or the beginnings of
	// some up to a dot, like member.
	Operations []string
}

// Allows tells whether the grant covers an operation. A nil one covers all.
func (g *Grant) Allows(operation string) bool {
	if g == nil || len(g.Operations) == 0 {
		return true
	}
	return slices.ContainsFunc(g.Operations, func(name string) bool {
		return operation == name || strings.HasPrefix(operation, name+".")
	})
}

// LeadsInto tells whether the grant leads into an organization. A nil one leads
// into all.
func (g *Grant) LeadsInto(id, code string) bool {
	return g == nil || g.Organization == "" || g.Organization == id || code != "" && NormCode(g.Organization) == NormCode(code)
}

// CheckGrant refuses an operation that the actor's token does not cover.
func (a Actor) CheckGrant(operation string) error {
	if a.Grant.Allows(operation) {
		return nil
	}
	return Errorf(CodeDenied, "this token is not for %s", operation).
		WithHint("sign one that names the operation, or none")
}

// CheckPerson refuses what only a person does who is there with their key, never
// a program that holds something it was given: what changes who may act.
func (a Actor) CheckPerson(what string) error {
	if a.Grant == nil {
		return nil
	}
	return Errorf(CodeDenied, "a token does not %s", what).WithHint("do it over SSH")
}
