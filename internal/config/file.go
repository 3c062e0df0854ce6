package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"muster/models"
)

// file is the configuration file, taken apart.
type file struct {
	path    string
	values  map[string]string   // of options, as text, by name
	keys    map[string][]string // table keys
	colours map[string]string   // table colours, like "light.accent"
	plans   map[string]map[string]any
	lines   map[string]int // where a name stands
}

// readFile reads the configuration file. None at the default place is fine; one
// that was asked for has to be there.
func (l *loader) readFile(options []Option) error {
	path, origin := l.config.File, l.config.Origin("config")
	if path == "" { // there is no home directory to look in
		return nil
	}
	if err := checkUnchanged(l.Stat, "config", path); err != nil {
		return err
	}
	b, err := l.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && origin == OriginDefault {
		return nil
	}
	if err != nil {
		e := models.Invalid("config", "cannot read the configuration file %s: %v", path, cause(err))
		e.Err = err
		return e
	}
	var tree map[string]any
	if err := toml.Unmarshal(b, &tree); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return models.Invalid("config", "%s:%d: %s", path, syntax.Position.Line, models.SafeText(syntax.Message)).
				WithHint("the file is TOML, like: theme = \"dark\"")
		}
		return models.Invalid("config", "%s: %s", path, models.SafeText(err.Error()))
	}
	l.file = file{path: path, values: map[string]string{}, lines: keyLines(string(b))}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		var err error
		switch name {
		case "keys":
			l.file.keys, err = l.file.keyTable(tree[name])
		case "colours":
			l.file.colours, err = l.file.colourTable(tree[name])
		case "plans":
			l.file.plans, err = l.file.planTable(tree[name])
		default:
			err = l.file.add(options, name, tree[name])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add takes one name of the file and what stands under it.
func (f *file) add(options []Option, name string, value any) error {
	isTable := slices.ContainsFunc(options, func(o Option) bool { return strings.HasPrefix(o.Name, name+".") })
	i := slices.IndexFunc(options, func(o Option) bool { return o.Name == name })
	table, ok := value.(map[string]any)
	switch {
	case isTable && ok:
		for _, key := range slices.Sorted(maps.Keys(table)) {
			if err := f.add(options, name+"."+key, table[key]); err != nil {
				return err
			}
		}
		return nil
	case isTable:
		return f.bad(name, "%s is a table and has no value", name).
			WithHint("write [%s] and its options below", name)
	case i < 0:
		return f.unknown(options, name)
	}
	o := options[i]
	switch {
	case o.Name == "config":
		return f.bad(name, "config cannot be set in the file itself").WithHint("use --config or MUSTER_CONFIG")
	case o.Secret:
		return f.bad(name, "%s cannot be set in the file", name).
			WithHint("use %s_file for a file that contains it, or %s in the environment", name, o.Env())
	}
	text, ok := asText(o, value)
	if !ok {
		return f.bad(name, "%s cannot be %s", name, kind(value))
	}
	f.values[name] = text
	return nil
}

// asText gives a value in the form in which flags and the environment have it.
func asText(o Option, value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		if slices.Equal(o.Allowed, onOff()) {
			if v {
				return "on", true
			}
			return "off", true
		}
	case []any:
		if words, ok := asTexts(v); ok {
			return strings.Join(words, ","), true
		}
	}
	return "", false
}

func asTexts(values []any) ([]string, bool) {
	words := make([]string, len(values))
	for i, v := range values {
		word, ok := v.(string)
		if !ok {
			return nil, false
		}
		words[i] = word
	}
	return words, true
}

func kind(value any) string {
	switch value.(type) {
	case map[string]any, []map[string]any:
		return "a table"
	case []any:
		return "such a list"
	case bool:
		return "true or false"
	case float64:
		return "a fraction"
	}
	return "a date or time"
}

// maxKey is the length of the longest name of a key, such as
// "ctrl+shift+backspace".
const maxKey = 32

// keyTable reads the table of keys: action = "key" or a list of them. Which
// actions and keys there are is for the app to say.
func (f *file) keyTable(value any) (map[string][]string, error) {
	table, ok := value.(map[string]any)
	if !ok {
		return nil, f.bad("keys", "keys has to be a table of actions and their keys").WithHint("like: [keys] and below it approve = \"a\"")
	}
	keys := map[string][]string{}
	for _, action := range slices.Sorted(maps.Keys(table)) {
		name := "keys." + action
		var bound []string
		switch v := table[action].(type) {
		case string:
			bound = []string{v}
		case []any:
			if bound, ok = asTexts(v); !ok {
				return nil, f.bad(name, "%s has to be a key or a list of keys", models.SafeText(name))
			}
		default:
			return nil, f.bad(name, "%s has to be a key or a list of keys", models.SafeText(name))
		}
		for _, key := range bound {
			if key == "" || len(key) > maxKey || models.SafeText(key) != key {
				return nil, f.bad(name, "%s names the key %q; keys are named like a, G, ctrl+p, pgdn", models.SafeText(name), key)
			}
		}
		keys[action] = bound
	}
	return keys, nil
}

// maxColour is the length of the longest way to write a colour.
const maxColour = 16

// colourTable reads the colours for light and for dark backgrounds. Which there are
// is for the app to say.
func (f *file) colourTable(value any) (map[string]string, error) {
	const like = "like: [colours.light] and below it accent = \"#005f87\""
	grounds, ok := value.(map[string]any)
	if !ok {
		return nil, f.bad("colours", "colours has to hold the tables light and dark").WithHint(like)
	}
	colours := map[string]string{}
	for _, ground := range slices.Sorted(maps.Keys(grounds)) {
		table, ok := grounds[ground].(map[string]any)
		if !ok {
			return nil, f.bad("colours."+ground, "colours has to hold the tables light and dark").WithHint(like)
		}
		for _, name := range slices.Sorted(maps.Keys(table)) {
			at := "colours." + ground + "." + name
			switch v := table[name].(type) {
			case int64:
				colours[ground+"."+name] = strconv.FormatInt(v, 10)
				continue
			case string:
				if len(v) <= maxColour && models.SafeText(v) == v {
					colours[ground+"."+name] = v
					continue
				}
			}
			return nil, f.bad(at, "%s has to be a colour", models.SafeText(at)).WithHint(like)
		}
	}
	return colours, nil
}

func (f *file) planTable(value any) (map[string]map[string]any, error) {
	bad := func() error {
		return f.bad("plans", "plans has to hold a table for each plan").WithHint("like: [plans.team] and below it seats = 20")
	}
	table, ok := value.(map[string]any)
	if !ok {
		return nil, bad()
	}
	plans := map[string]map[string]any{}
	for name, value := range table {
		plan, ok := value.(map[string]any)
		if !ok {
			return nil, bad()
		}
		plans[name] = plan
	}
	return plans, nil
}

func (f *file) unknown(options []Option, name string) error {
	e := f.bad(name, "there is no option %s", models.SafeText(name))
	known := []string{"keys", "colours", "plans"}
	for _, o := range options {
		known = append(known, o.Name)
		if i := strings.LastIndexByte(o.Name, '.'); i > 0 {
			known = append(known, o.Name[:i])
		}
	}
	if near := Nearest(name, known); near != "" {
		return e.WithHint("did you mean %s?", near)
	}
	return e.WithHint("`muster config` lists all options")
}

func (f *file) bad(name, format string, args ...any) *models.Error {
	return models.Invalid(name, "%s: %s", f.where(name), fmt.Sprintf(format, args...))
}

// where gives the place of a name, or of the closest table around it that
// could be found.
func (f *file) where(name string) string {
	for at := name; at != ""; at = at[:max(strings.LastIndexByte(at, '.'), 0)] {
		if line, ok := f.lines[at]; ok {
			return fmt.Sprintf("%s:%d", f.path, line)
		}
	}
	return f.path + ":1"
}

var (
	tableLine = regexp.MustCompile(`^\s*\[\s*([^\[\]]+?)\s*\]`)
	valueLine = regexp.MustCompile(`^\s*([A-Za-z0-9_\-."' \t]+?)\s*=`)
)

// keyLines finds the line of each name in a file that has parsed. The library
// tells positions only in its own errors. A name inside an inline table or a
// text of several lines may be missed; its surroundings are named then.
func keyLines(text string) map[string]int {
	lines := map[string]int{}
	table := ""
	note := func(name string, n int) {
		if _, seen := lines[name]; !seen {
			lines[name] = n
		}
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = plainKey(m[1])
			note(table, n)
			table += "."
		} else if m := valueLine.FindStringSubmatch(line); m != nil {
			note(table+plainKey(m[1]), n)
		}
	}
	return lines
}

// plainKey drops the quotes and blanks that TOML allows around the parts of a
// key.
func plainKey(key string) string {
	parts := strings.Split(key, ".")
	for i, part := range parts {
		parts[i] = strings.Trim(part, " \t\"'")
	}
	return strings.Join(parts, ".")
}

// misspelt finds variables that are no option and look like one. Others that
// begin with MUSTER_ are not ours: container managers make such names by
// themselves.
func misspelt(options []Option, environ []string) []string {
	var known, words []string
	for _, o := range options {
		known = append(known, o.Env())
	}
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "MUSTER_") || slices.Contains(known, name) {
			continue
		}
		best := slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
		if distance(name, best) <= 1+(len(best)-len("MUSTER_"))/6 {
			words = append(words, fmt.Sprintf("%s is not an option; did you mean %s?", models.SafeText(name), best))
		}
	}
	slices.Sort(words)
	return words
}

// Nearest gives the known name that was most likely meant, or none. Of a word of three
// letters two have to be right, since everything short is near.
func Nearest(name string, known []string) string {
	best, bestDistance := "", max(min(2, len(name)-2), len(name)/3)+1
	for _, k := range known {
		d := distance(name, k)
		if strings.HasSuffix(k, "."+name) { // the table was left out
			d = 1
		}
		if d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
