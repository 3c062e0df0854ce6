package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/models"
)

// tables takes over the keys, colours and plans of the file.
func (l *loader) tables() error {
	for _, action := range slices.Sorted(maps.Keys(l.file.keys)) {
		l.config.Keys[action] = l.file.keys[action]
		l.note("keys."+action, strings.Join(l.file.keys[action], ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(l.file.colours)) {
		l.config.Colours[name] = l.file.colours[name]
		l.note("colours."+name, l.file.colours[name])
	}
	for _, name := range slices.Sorted(maps.Keys(l.file.plans)) {
		if err := l.plan(name, l.file.plans[name]); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) note(name, value string) {
	l.config.settings = append(l.config.settings, Setting{Name: name, Value: value, Origin: l.file.where(name)})
}

var planName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// plan changes a shipped plan, or adds one.
func (l *loader) plan(name string, table map[string]any) error {
	if !planName.MatchString(name) {
		return l.file.bad("plans."+name, "the plan %s needs a name of lower-case letters, digits, _ and -", models.SafeText(name))
	}
	p := l.config.Plans[name]
	p.Name = name
	fields := planFields(&p)
	for _, key := range slices.Sorted(maps.Keys(table)) {
		field := "plans." + name + "." + key
		set, ok := fields[key]
		if !ok {
			known := slices.Sorted(maps.Keys(fields))
			e := l.file.bad(field, "there is no option %s", models.SafeText(field))
			if near := Nearest(key, known); near != "" {
				return e.WithHint("did you mean %s?", near)
			}
			return e.WithHint("a plan has %s", strings.Join(known, ", "))
		}
		value, allowed := set(table[key])
		if allowed != "" {
			return l.file.bad(field, "%s has to be %s", field, allowed)
		}
		l.note(field, value)
	}
	l.config.Plans[name] = p
	return nil
}

// PlanField is one option of a plan, in [plans.NAME].
type PlanField struct{ Name, Values, Help string }

// PlanFields are the options of a plan, in the order in which people look for them.
func PlanFields() []PlanField {
	const limit = "a number, 0 for no limit"
	return []PlanField{
		{"seats", limit, "active members and pending invitations"},
		{"workspaces", limit, "workspaces of the organization; without the feature workspaces it is one"},
		{"credits", limit, "credits a month, shown in Billing"},
		{"api_rate", limit, "API requests a minute"},
		{"price", "a short text", "what the lists show as the price"},
		{"personal", "true or false", "the plan is for personal workspaces, and for nothing else"},
		{"features", "a list", "what the plan has; see below"},
	}
}

// maxLimit is far beyond any use, and fits wherever a limit is kept.
const maxLimit = 1_000_000_000

// planFields gives for each option of a plan what stores its value. It returns
// the value as text, or what is allowed.
func planFields(p *models.Plan) map[string]func(any) (value, allowed string) {
	number := func(field *int) func(any) (string, string) {
		return func(v any) (string, string) {
			n, ok := v.(int64)
			if !ok || n < 0 || n > maxLimit {
				return "", "a number from 0 to " + strconv.Itoa(maxLimit) + ", 0 for no limit"
			}
			*field = int(n)
			return strconv.FormatInt(n, 10), ""
		}
	}
	return map[string]func(any) (string, string){
		"seats":      number(&p.Seats),
		"workspaces": number(&p.Workspaces),
		"credits":    number(&p.Credits),
		"api_rate":   number(&p.APIRate),
		"personal": func(v any) (string, string) {
			b, ok := v.(bool)
			if !ok {
				return "", "true or false"
			}
			p.Personal = b
			return strconv.FormatBool(b), ""
		},
		"price": func(v any) (string, string) {
			s, ok := v.(string)
			if label, err := models.CheckName("price", s); !ok || err != nil || label != s {
				return "", "a short text on one line"
			}
			p.Price = s
			return s, ""
		},
		"features": func(v any) (string, string) {
			all := []string{
				string(models.FeatureWorkspaces), string(models.FeatureCustomRoles), string(models.FeatureServiceAccounts),
				string(models.FeatureOrgSettings), string(models.FeatureAuditExport), string(models.FeatureFlatRoles),
			}
			values, _ := v.([]any)
			words, ok := asTexts(values)
			if !ok || values == nil || slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(all, w) }) {
				return "", "a list of features: " + strings.Join(all, ", ")
			}
			p.Features = make([]models.Feature, len(words))
			for i, w := range words {
				p.Features[i] = models.Feature(w)
			}
			return strings.Join(words, ", "), ""
		},
	}
}
