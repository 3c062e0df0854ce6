package op_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/internal/op"
	"muster/models"
)

// TestRowsAreWhole holds what every row must say about itself.
func TestRowsAreWhole(t *testing.T) {
	names, routes, commands := map[string]bool{}, map[string]string{}, map[string]string{}
	parameter := regexp.MustCompile(`\{(\w+)\}`)
	known := map[models.Permission]bool{}
	for _, scope := range []models.Scope{models.ScopeOrganization, models.ScopeWorkspace} {
		for _, d := range models.Permissions(scope) {
			known[d.Name] = true
		}
	}
	var previews []string
	for _, r := range op.All() {
		previews = append(previews, r.Preview)
	}
	for _, r := range op.All() {
		if names[r.Name] {
			t.Errorf("%s is there twice", r.Name)
		}
		names[r.Name] = true
		if r.Does == "" || r.Route == "" || r.Who() == "" || r.Command == "" == !slices.Contains(previews, r.Name) {
			t.Errorf("%s lacks what it does, a route, a command, or is a preview of nothing", r.Name)
		}
		if p, ok := r.Needs.Permission(); ok && !known[p] {
			t.Errorf("%s needs %q, which is no permission", r.Name, p)
		}
		if _, err := models.FindAction(r.Ask); r.Ask != "" && err != nil {
			t.Errorf("%s asks can-i for %q: %v", r.Name, r.Ask, err)
		}
		// The router of the standard library takes {x} for any word.
		route := parameter.ReplaceAllString(r.Route, "{}")
		if other, taken := routes[route]; taken {
			t.Errorf("%s and %s have the route %s", r.Name, other, r.Route)
		}
		routes[route] = r.Name
		if key := r.Command + " --" + r.Switch; r.Command != "" && r.Takes == nil {
			if other, taken := commands[key]; taken {
				t.Errorf("%s and %s have the command %q", r.Name, other, r.Command)
			}
			commands[key] = r.Name
		}
		method, _, _ := strings.Cut(r.Route, " ")
		// An export is in the log, and the list or file of a preview is too long for a path.
		// A key that is asked about must not be in an address, which is logged.
		odd := []string{"audit.export", "invitation.import.preview", "api_key.verify", "organization.plan"}
		if r.Changes == (method == "GET") && !slices.Contains(odd, r.Name) {
			t.Errorf("%s: changes %v, by %s", r.Name, r.Changes, r.Route)
		}
		checkFields(t, r, parameter)
		if r.Preview != "" && (op.Find(r.Preview) == nil || op.Find(r.Preview).In != r.In || op.Find(r.Preview).Changes) {
			t.Errorf("%s: the preview %s is not of its input, or changes something", r.Name, r.Preview)
		}
	}
}

func checkFields(t *testing.T, r *op.Row, parameter *regexp.Regexp) {
	t.Helper()
	in := r.New()
	if _, ok := r.Field(r.Many); r.Many != "" && !ok {
		t.Errorf("%s takes many %s, which it has not", r.Name, r.Many)
	}
	if f, ok := r.Field("Confirm"); r.Confirm != nil && (r.Confirm.Word != "") != (ok && f.Flag == "confirm") {
		t.Errorf("%s: what is typed has no place", r.Name)
	}
	paths := map[string]bool{}
	for _, f := range r.Fields {
		paths[f.Path] = true
		if f.Flag != "" && f.Help == "" {
			t.Errorf("%s: --%s is not explained", r.Name, f.Flag)
		}
		if strings.ContainsAny(f.Help, "{}") {
			t.Errorf("%s: --%s is explained by %q", r.Name, f.Flag, f.Help)
		}
		if f.Arg == "" && f.Flag == "" && f.From == "" {
			t.Errorf("%s: a command cannot give %s", r.Name, f.Name)
		}
		if !f.Of(in).CanSet() {
			t.Errorf("%s: %s cannot be set", r.Name, f.Name)
		}
	}
	for _, m := range parameter.FindAllStringSubmatch(r.Route, -1) {
		if !paths[m[1]] {
			t.Errorf("%s: %s names {%s}, which is no input", r.Name, r.Route, m[1])
		}
	}
}

// TestCanITakesEveryOperation holds that can-i knows every row by name, except
// those of whoever has no account.
func TestCanITakesEveryOperation(t *testing.T) {
	ask := op.Find("can_i")
	action, _ := ask.Field("Action")
	for _, r := range op.All() {
		in := ask.New()
		action.Set(in, r.Name)
		if err := ask.Check(in); err != nil {
			t.Errorf("can-i %s: %v", r.Name, err)
		}
	}
	in := ask.New()
	action.Set(in, "nonsense")
	if err := ask.Check(in); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("can-i nonsense: %v", err)
	}
}
