package models

import (
	"slices"
	"time"
)

// Project is a piece of work in a workspace. Everybody in the workspace sees
// it; in a personal workspace that is its user alone.
type Project struct {
	ID            string    `json:"id"`
	OrgID         string    `json:"organization_id"`
	WorkspaceID   string    `json:"workspace_id"`
	WorkspaceName string    `json:"workspace_name"`
	Name          string    `json:"name"` // unique in the workspace, regardless of case
	Description   string    `json:"description"`
	Environment   string    `json:"environment"` // a free label, may be empty
	CreatedBy     string    `json:"created_by"`  // address
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

// maxEnvironment is the length of an environment label, in characters.
const maxEnvironment = 32

// Environments are labels to propose; any other short text does as well.
func Environments() []string { return []string{"development", "staging", "production"} }

// NewProject is what a project starts from.
type NewProject struct {
	Name        string
	Description string
	Environment string
}

// ProjectChange is an edit of a project; what is nil stays as it is.
type ProjectChange struct {
	Name        *string
	Description *string
	Environment *string
	// Base, if set, is the project that the change was made from: saving over
	// what somebody else has changed since is CodeConflict.
	Base *Project
}

// Apply checks a change and gives the project that it makes of p.
func (c ProjectChange) Apply(p Project) (Project, error) {
	var err error
	if c.Name != nil {
		if p.Name, err = checkHandleName(*c.Name); err != nil {
			return p, err
		}
	}
	if c.Description != nil {
		if p.Description, err = CheckLong("description", *c.Description); err != nil {
			return p, err
		}
	}
	if c.Environment != nil {
		p.Environment, err = checkEnvironment(*c.Environment)
	}
	return p, err
}

// checkEnvironment checks a label. One that is proposed has one spelling.
func checkEnvironment(s string) (string, error) {
	s, err := checkText("environment", s, maxEnvironment, 4*maxEnvironment, false)
	if low := NormText(s); slices.Contains(Environments(), low) {
		return low, err
	}
	return s, err
}

// ProjectQuery asks for a page of a workspace's projects, by name.
type ProjectQuery struct {
	Search string // part of a name, a description or an environment label
	Terms  Terms  // beside Search
	Limit  int
	After  string
	Before string
}
