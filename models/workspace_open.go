package models

import "strings"

// ClosedWord stands for a workspace that is not open to all members, where a
// role is asked for.
const ClosedWord = "off"

// CheckOpen reads what a workspace is to members who were not added to it: "off"
// for nothing, editor or viewer.
func CheckOpen(s string) (WorkspaceRole, error) {
	switch r := WorkspaceRole(strings.ToLower(strings.TrimSpace(s))); r {
	case "", ClosedWord:
		return "", nil
	case WorkspaceEditor, WorkspaceViewer:
		return r, nil
	}
	return "", Invalid("open", "open must be %s, %s or %s", WorkspaceViewer, WorkspaceEditor, ClosedWord).
		WithHint("it is the role of members who were not added to the workspace; whoever opens it is added")
}

// OpenWord is Open in words.
func (w Workspace) OpenWord() string {
	if w.Open == "" {
		return "only to people who were added"
	}
	return "to all members, as " + Role(w.Open).Article()
}

// openWord is Open as it is set.
func (w Workspace) openWord() string {
	if w.Open == "" {
		return ClosedWord
	}
	return string(w.Open)
}

// open is what somebody is in the workspace because it is open to all members.
// Viewers of the organization only look.
func (a WorkspaceAccess) open() WorkspaceRole {
	if a.Open != "" && a.Org.Effective().Rank() < RoleMember.Rank() {
		return WorkspaceViewer
	}
	return a.Open
}
