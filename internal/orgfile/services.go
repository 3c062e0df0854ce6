package orgfile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"muster/models"
)

// Service is a service account, by its name. Its keys are no part of a file.
type Service struct {
	Name        string            `yaml:"name"`
	Description *string           `yaml:"description,omitempty"`
	Role        string            `yaml:"role,omitempty"`
	Status      string            `yaml:"status,omitempty"`
	Workspaces  map[string]string `yaml:"workspaces,omitempty"` // that it is added to, with the role there
	line        int
}

// UnmarshalYAML reads a service account.
func (s *Service) UnmarshalYAML(node ast.Node) (err error) {
	type plain Service
	s.line, err = strictly(node, (*plain)(s))
	return err
}

func (s Service) check(seen names) error {
	if err := seen.once(s.line, "service account", models.NormName(s.Name)); err != nil {
		return err
	}
	if _, err := models.ParseServiceStatus(s.Status); err != nil {
		return at(s.line, "the status %q is neither active nor disabled", models.SafeText(s.Status))
	}
	return nil
}

// services compares the service accounts.
func (p *planner) services() error {
	if p.Services == nil {
		return nil
	}
	if p.s.NoServices {
		return models.Errorf(models.CodeDenied, "the service accounts are not yours to see").WithHint("take the section services out of the file")
	}
	kept := map[string]bool{}
	for _, want := range p.Services {
		i := slices.IndexFunc(p.s.Services, func(v models.ServiceAccount) bool { return models.NormName(v.Name) == models.NormName(want.Name) })
		c, words, err := p.service(want, i)
		if err != nil {
			return err
		}
		if i < 0 {
			text := "make the service account " + want.Name + " as " + cmp.Or(c.Role, string(models.RoleViewer))
			p.do(Step{Operation: "service.create", Target: want.Name, Text: text, Change: c})
			continue
		}
		is := p.s.Services[i]
		kept[is.ID] = true
		if len(words) > 0 {
			p.do(Step{Operation: "service.update", Target: is.ID, Text: "service account " + is.Name + ": " + strings.Join(words, ", "), Change: c})
		}
	}
	for _, v := range p.s.Services {
		if !kept[v.ID] {
			p.remove(Step{Operation: "service.remove", Target: v.ID, Text: "remove the service account " + v.Name + " with " + models.Count(v.Keys, "key")})
		}
	}
	return nil
}

// service is what changes of the service account at i, or with -1 what a new one gets,
// with words for it.
func (p *planner) service(want Service, i int) (c Change, words []string, err error) {
	var is models.ServiceAccount
	is.Status = models.ServiceActive
	role := ""
	if i >= 0 {
		is = p.s.Services[i]
		role = is.Given().Label()
	} else {
		c.Name = want.Name
	}
	if want.Description != nil && *want.Description != is.Description {
		c.Text = want.Description
		words = append(words, "another description")
	}
	if want.Role != "" && !strings.EqualFold(want.Role, role) {
		if c.Role, err = p.role(want.line, want.Role); err != nil {
			return c, nil, err
		}
		words = append(words, role+" becomes "+c.Role)
	}
	if want.Status != "" && models.ServiceStatus(want.Status) != is.Status {
		c.Status = want.Status
		words = append(words, string(is.Status)+" becomes "+want.Status)
	}
	if want.Workspaces == nil {
		return c, words, nil
	}
	has, gets, into := map[string]string{}, map[string]string{}, []string{}
	for _, w := range is.Workspaces {
		has[w.ID] = string(w.Role)
	}
	for _, name := range slices.Sorted(maps.Keys(want.Workspaces)) {
		id, label, err := p.workspace(want.line, name)
		if err != nil {
			return c, nil, err
		}
		as, err := models.ParseWorkspaceRole("workspaces", want.Workspaces[name])
		if err != nil {
			return c, nil, at(want.line, "%s", models.AsError(err).Message)
		}
		gets[id] = string(as)
		if strings.HasPrefix(id, "new ") {
			id = label
		}
		into = append(into, id+"="+string(as))
	}
	if !maps.Equal(has, gets) {
		c.Into = &into
		words = append(words, "workspaces "+cmp.Or(strings.Join(slices.Sorted(maps.Keys(want.Workspaces)), ", "), "none"))
	}
	return c, words, nil
}

func servicesAsFile(all []models.ServiceAccount) (list []Service) {
	for _, v := range all {
		x := Service{Name: v.Name, Description: &v.Description, Role: v.Given().Label(), Workspaces: map[string]string{}}
		if v.Status != models.ServiceActive {
			x.Status = string(v.Status)
		}
		for _, w := range v.Workspaces {
			x.Workspaces[w.Name] = string(w.Role)
		}
		list = append(list, x)
	}
	return list
}
