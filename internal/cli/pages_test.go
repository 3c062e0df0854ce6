package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"muster/internal/config"
	"muster/internal/op"
	"muster/internal/tools/pages"
	"muster/models"
	"muster/tui/theme"
	"muster/tui/tuitest"
)

const docs = "../../docs"

// TestPages holds the parts of docs that are made from tables to what they are
// made from; `make docs` writes them.
func TestPages(t *testing.T) {
	pages.Hold(t, docs, "commands", map[string]string{
		"options":               optionsPart(),
		"plan-fields":           planFieldsPart(),
		"plans":                 plansPart(),
		"settings":              settingsPart(),
		"permissions":           permissionsPart(),
		"workspace-permissions": workspacePermissionsPart(),
		"operations":            operationsPart(),
		"exit-statuses":         exitStatusesPart(),
		"checks":                checksPart(t),
		"text-limits":           textLimitsPart(),
		"invitation-limits":     invitationLimitsPart(),
		"server-limits":         serverLimitsPart(t),
	}, tuitest.Updating())
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func optionsPart() string {
	var rows [][]string
	for _, o := range config.Options() {
		what := o.Help
		if len(o.Allowed) > 0 {
			what += ": " + codes(o.Allowed)
		}
		def := code(o.Default)
		if o.Derived != "" {
			def = o.Derived
		}
		flag := code("--" + o.Flag())
		if o.Secret {
			flag = "none: the environment only"
		}
		rows = append(rows, []string{code(o.Name), what, def, flag, code(o.Env())})
	}
	return pages.Table([]string{"in the file", "what it is", "default", "flag", "variable"}, rows)
}

func codes(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = code(w)
	}
	return strings.Join(quoted, ", ")
}

func planFieldsPart() string {
	var rows [][]string
	for _, f := range config.PlanFields() {
		rows = append(rows, []string{code(f.Name), f.Values, f.Help})
	}
	return pages.Table([]string{"field", "value", "what it is"}, rows)
}

func plansPart() string {
	number := func(n int) string {
		if n == 0 {
			return "no limit"
		}
		return fmt.Sprint(n)
	}
	var rows [][]string
	plans := models.DefaultPlans()
	for _, name := range plans.Names() {
		p := plans[name]
		var has []string
		for _, f := range p.Features {
			has = append(has, string(f))
		}
		rows = append(rows, []string{code(name), number(p.Seats), number(p.WorkspaceLimit()), number(p.Credits), number(p.APIRate), p.Price, fmt.Sprint(p.Personal), codes(has)})
	}
	return pages.Table([]string{"plan", "seats", "workspaces", "credits", "api_rate", "price", "personal", "features"}, rows)
}

func settingsPart() string {
	var b strings.Builder
	section := ""
	var rows [][]string
	flush := func() {
		if len(rows) > 0 {
			b.WriteString(pages.Table([]string{"setting", "title", "what it does", "values", "default", "changed by"}, rows))
		}
		rows = nil
	}
	for _, d := range models.Settings() {
		if d.Section() != section {
			flush()
			section = d.Section()
			fmt.Fprintf(&b, "\n## %s\n\n", strings.ToUpper(section[:1])+section[1:])
		}
		values := map[models.SettingKind]string{
			models.KindText: "one line of text", models.KindLongText: "text", models.KindDuration: "a time, like `48h` or `7d`",
			models.KindList: "a list, with commas",
		}[d.Kind]
		if len(d.Choices) > 0 {
			values = codes(slices.DeleteFunc(slices.Clone(d.Choices), func(c string) bool { return c == "" }))
		}
		who := d.WhoMay()
		if d.Fixed != "" {
			who = "nobody: " + d.Fixed
		}
		rows = append(rows, []string{code(d.Key), d.Title, d.Help, values, code(d.Default), who})
	}
	flush()
	return b.String()
}

func permissionsPart() string {
	header := []string{"permission", "may"}
	for _, r := range models.Roles() {
		header = append(header, string(r))
	}
	words := map[models.Extent]string{models.ExtentNone: "", models.ExtentAll: "yes", models.ExtentOwn: "own", models.ExtentNotOwners: "not over owners", models.ExtentPolicy: "by setting"}
	var rows [][]string
	for _, d := range models.Permissions(models.ScopeOrganization) {
		row := []string{code(string(d.Name)), d.Does}
		if d.OwnersOnly {
			row[1] += " (never in a custom role)"
		}
		for _, r := range models.Roles() {
			row = append(row, words[r.Extent(d.Name)])
		}
		rows = append(rows, row)
	}
	return pages.Table(header, rows)
}

func workspacePermissionsPart() string {
	header := []string{"permission", "may"}
	for _, r := range models.WorkspaceRoles() {
		header = append(header, string(r))
	}
	var rows [][]string
	for _, d := range models.Permissions(models.ScopeWorkspace) {
		row := []string{code(string(d.Name)), d.Does}
		for _, r := range models.WorkspaceRoles() {
			row = append(row, map[bool]string{true: "yes"}[r.Can(d.Name)])
		}
		rows = append(rows, row)
	}
	return pages.Table(header, rows)
}

// operationsPart lists the commands by the permission that they need.
func operationsPart() string {
	var order []op.Needs
	commands := map[op.Needs][]string{}
	for _, r := range op.All() {
		if r.Command == "" || r.Door != "" {
			continue
		}
		name := r.Command
		if r.Switch != "" {
			name += " --" + r.Switch
		}
		if !slices.Contains(order, r.Needs) {
			order = append(order, r.Needs)
		}
		if !slices.Contains(commands[r.Needs], name) {
			commands[r.Needs] = append(commands[r.Needs], name)
		}
	}
	var rows [][]string
	for _, n := range order {
		name := code(string(n))
		switch n {
		case op.Nothing:
			name = "none: everybody signed in"
		case op.SiteAdmin:
			name = "site admins"
		}
		slices.Sort(commands[n])
		rows = append(rows, []string{name, codes(commands[n])})
	}
	return pages.Table([]string{"permission", "commands"}, rows)
}

func exitStatusesPart() string {
	var rows [][]string
	for _, e := range exitCodes() {
		c := ""
		if e.Code != "" {
			c = code(e.Code)
		}
		rows = append(rows, []string{fmt.Sprint(e.Status), c, e.Meaning})
	}
	return pages.Table([]string{"exit status", "code", "what it means"}, rows)
}

// checksPart has what doctor says of an installation in good order.
func checksPart(t *testing.T) string {
	t.Helper()
	what := map[string]string{
		"configuration": "the file that is in force, that it can be read, and every option in it",
		"keys":          "the keys it binds: unknown actions, keys that are taken, with the line and what to write instead",
		"colours":       "the colours it chooses: unknown ones, and those that could not be read, with the line and what is allowed",
		"address":       "the line that people join with; whether its port is the one that the server listens on",
		"database":      "that it is there and opens, and is not of a newer muster",
		"permissions":   "the modes of the data directory and the files in it",
		"integrity":     "pages, indexes and references of the database",
		"schema":        "the version, and that nothing in it is not muster's",
		"audit":         "every chain of the audit log",
		"plans":         "organizations on a plan that the configuration does not have",
		"secret":        "that the file `secret` is there, and the one that codes and second factors were made with",
		"clock":         "entries of the audit log that lie in the future",
		"disk":          "free space for an upgrade and a backup",
		"host_key":      "the host key and its mode",
		"port":          "whether `muster serve` can listen, or already does",
		"mail":          "that the mail server answers, takes the password and encrypts, or that the folder can be written",
	}
	ids, _ := newClinic(t).found()
	var rows [][]string
	for _, id := range ids {
		if what[id] == "" {
			t.Errorf("docs do not say what doctor checks as %q", id)
		}
		rows = append(rows, []string{code(id), what[id]})
		delete(what, id)
	}
	for id := range what {
		t.Errorf("docs say that doctor checks %q", id)
	}
	return pages.Table([]string{"id", "what is checked"}, rows)
}

// samples are values for options that have no default to show.
var samples = map[string]string{
	"data": "/var/lib/muster", "org": "ACME", "address": "muster.example.com:2222", "host_key": "/var/lib/muster/host_key",
	"proxy_from": "10.0.0.0/8", "http": "127.0.0.1:8080", "http_proxy_from": "10.0.0.7", "metrics": "127.0.0.1:9090", "webhooks.allow": "10.0.0.0/8", "tls.cert": "/etc/muster/tls.crt", "tls.key": "/etc/muster/tls.key", "mail.mode": "smtp", "mail.folder": "/var/lib/muster/mail", "mail.from": "Muster <muster@example.com>",
	"mail.smtp.host": "smtp.example.com", "mail.smtp.port": "587", "mail.smtp.user": "muster",
	"mail.smtp.password_file": "/etc/muster/smtp-password",
}

// exampleFile is a configuration file with every option, each in a comment.
func exampleFile() string {
	var b strings.Builder
	b.WriteString(`# Every option of muster's configuration file, made by ` + "`make docs`" + `. What stands in
# a comment is off; the value is the default, or an example where there is none.
# Copy it to ~/.config/muster/config.toml, or name it with --config or MUSTER_CONFIG.
`)
	options := config.Options()
	slices.SortStableFunc(options, func(x, y config.Option) int { // what is in no table has to come first
		return strings.Count(x.Name, ".") - strings.Count(y.Name, ".")
	})
	slices.SortStableFunc(options, func(x, y config.Option) int { return strings.Compare(tableOf(x.Name), tableOf(y.Name)) })
	table := ""
	for _, o := range options {
		if o.Name == "config" {
			continue
		}
		if t := tableOf(o.Name); t != table {
			table = t
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		help := o.Help
		if len(o.Allowed) > 0 {
			help += ": " + strings.Join(o.Allowed, ", ")
		}
		if o.Derived != "" {
			help += " (default: " + o.Derived + ")"
		}
		fmt.Fprintf(&b, "\n# %s\n", help)
		key := strings.TrimPrefix(o.Name, table+".")
		if o.Secret {
			fmt.Fprintf(&b, "# not in a file: %s in the environment, or %s_file\n", o.Env(), key)
			continue
		}
		value := o.Default
		if value == "" {
			value = samples[o.Name]
		}
		if strings.Trim(value, "0123456789") != "" {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&b, "#%s = %s\n", key, value)
	}
	b.WriteString(strings.Replace(`
# Keys of the app, by the names in docs/keys.md; an empty list unbinds.
[keys]

#"member.role" = ["e", "ctrl+r"]
#"invitation.copy" = []

# Colours of the app on light and on dark backgrounds, in terminals with 256 colours:
# #rrggbb, of which the nearest is taken, or a number from 16 to 255. What could not be
# read is refused. There are {colours}.
[colours.light]

#accent = "#005f5f"
#selected = "#d7ffff"

[colours.dark]

#accent = 80

# Plans: docs/plans.md. A shipped plan changes only in what is named here.
[plans.team]

#seats = 100

[plans.studio]

`, "{colours}", strings.Join(theme.ColourNames(), ", "), 1))
	example := map[string]string{"seats": "20", "workspaces": "1", "credits": "2000", "api_rate": "300", "price": `"on request"`, "personal": "false", "features": `["flat_roles"]`}
	for _, f := range config.PlanFields() {
		fmt.Fprintf(&b, "# %s: %s\n#%s = %s\n", f.Help, f.Values, f.Name, example[f.Name])
	}
	return b.String()
}

func tableOf(option string) string { return option[:max(strings.LastIndexByte(option, '.'), 0)] }

// TestExampleFile holds the example to the options, and that it loads: as it is,
// and with every option switched on.
func TestExampleFile(t *testing.T) {
	file := filepath.Join(docs, "config.example.toml")
	must(t, pages.Keep(t, file, exampleFile(), tuitest.Updating()))
	text := exampleFile()
	var on strings.Builder
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") {
			line = rest
		}
		on.WriteString(line)
	}
	for name, text := range map[string]string{"as it is": text, "all on": on.String()} {
		in, err := loadText(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := in.checkKeys(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := in.colours(); err != nil || name == "all on" && len(in.Colours) != 3 {
			t.Errorf("%s: colours %v: %v", name, in.Colours, err)
		}
		for _, o := range config.Options() {
			set := in.Origin(o.Name) != config.OriginDefault
			if want := name == "all on" && o.Name != "config" && !o.Secret; set != want {
				t.Errorf("%s: %s is set: %v", name, o.Name, set)
			}
		}
		if p, ok := in.Plans["studio"]; !ok || name == "all on" && (p.Seats != 20 || !p.Has(models.FeatureFlatRoles)) {
			t.Errorf("%s: the plan is now %+v", name, p)
		}
	}
	var tree struct {
		Plans map[string]map[string]any
	}
	if _, err := toml.Decode(on.String(), &tree); err != nil {
		t.Fatal(err)
	}
	for _, f := range config.PlanFields() {
		if _, ok := tree.Plans["studio"][f.Name]; !ok {
			t.Errorf("the example has no %s of a plan", f.Name)
		}
	}
	if n, m := len(tree.Plans["studio"]), len(config.PlanFields()); n != m {
		t.Errorf("the example has %d fields of a plan, and there are %d", n, m)
	}
}

var tomlPieces = regexp.MustCompile("(?ms)^```toml[^\n]*\n(.*?)^```$")

func loadText(text string) (installation, error) {
	cfg, err := config.Load(config.Sources{
		Env:      func(name string) string { return map[string]string{"HOME": "/home/ada"}[name] },
		ReadFile: func(string) ([]byte, error) { return []byte(text), nil },
		Stat:     func(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist },
		Hostname: "box.example.com",
	})
	return installation{Config: cfg}, err
}

// TestConfigurationInThePages holds that every piece of configuration on a page
// loads, and binds keys that can be.
func TestConfigurationInThePages(t *testing.T) {
	n := 0
	files, err := filepath.Glob(filepath.Join(docs, "*.md"))
	must(t, err)
	for _, file := range append(files, filepath.Join(docs, "..", "README.md")) {
		b, err := os.ReadFile(file)
		must(t, err)
		for i, m := range tomlPieces.FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[0], "file=accounts.toml") {
				continue // of authorized-keys; TestDocs runs it
			}
			text := m[1]
			n++
			in, err := loadText(text)
			if err == nil {
				err = in.checkKeys()
			}
			if err == nil {
				_, err = in.colours()
			}
			if err != nil {
				t.Errorf("%s, piece %d: %v", file, i+1, err)
			}
		}
	}
	if n < 3 {
		t.Errorf("there are %d pieces", n)
	}
}
