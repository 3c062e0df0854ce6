package op

import (
	"encoding/json"
	"reflect"
	"strings"

	"muster/internal/output"
	"muster/models"
)

// Organization is the one that a change was made in, as every answer to such a
// change names it.
type Organization struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"-"`
}

// OrganizationOf is the organization that an answer itself knows, and otherwise
// the zero value: then it is the one that the input names.
func OrganizationOf(out any) Organization {
	switch o := out.(type) {
	case models.OrgView:
		return Organization{o.ID, o.Code, o.Name}
	case CodeAccepted:
		return Organization{o.Org.ID, o.Org.Code, o.Org.Name}
	case OrgDeletion:
		return Organization{o.Organization.ID, o.Organization.Code, o.Organization.Name}
	case JoinCode:
		return o.In
	case CodeDeclined:
		return o.In
	}
	v := reflect.ValueOf(out)
	if !namesOrganization(v.Type()) || v.FieldByName("OrgCode").String() == "" {
		return Organization{}
	}
	return Organization{v.FieldByName("OrgID").String(), v.FieldByName("OrgCode").String(), v.FieldByName("OrgName").String()}
}

// namesOrganization tells whether an answer of a type carries its organization.
func namesOrganization(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[models.OrgView](), reflect.TypeFor[CodeAccepted](), reflect.TypeFor[OrgDeletion](), reflect.TypeFor[JoinCode](), reflect.TypeFor[CodeDeclined]():
		return true
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for _, name := range []string{"OrgID", "OrgCode", "OrgName"} {
		if _, ok := t.FieldByName(name); !ok {
			return false
		}
	}
	return true
}

// InOrganization tells whether an operation is in an organization, which its
// input or its answer names.
func (r *Row) InOrganization() bool {
	for _, f := range r.Fields {
		from, _, _ := strings.Cut(f.From, " ")
		switch from {
		case "org", "log", "scope", "invitation":
			return true
		}
	}
	return namesOrganization(r.Out)
}

// Named is an answer with the organization that it is about in its JSON, unless
// there is one already.
func Named(out any, o Organization) json.Marshaler { return named{out, o} }

type named struct {
	out any
	org Organization
}

func (n named) MarshalJSON() ([]byte, error) {
	text, err := output.Marshal(n.out)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil || len(fields) == 0 || fields["organization"] != nil {
		return text, nil // no object, or it has one
	}
	org, err := output.Marshal(n.org)
	if err != nil {
		return nil, err
	}
	text = append(text[:len(text)-1], `,"organization":`...)
	return append(append(text, org...), '}'), nil
}
