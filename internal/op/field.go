package op

import (
	"fmt"
	"reflect"
	"strings"

	"muster/models"
)

// Field is one value of an operation's input. Its tags are
//
//	arg:"USER"       the word of a command; in [brackets] it may be left out,
//	                 and a []string takes all that are left
//	flag:"role"      the option of a command
//	path, query,     its name in HTTP: part of the path, of the query, or of the
//	body             JSON that is sent
//	from:"org"       where a command takes it from when it is no word of it: the
//	                 organization one works in (org), the one in which users are
//	                 administered (scope), the log (log), the login (login), or
//	                 with the invitation (invitation)
//	read:"key"       a command takes the text from a file or standard input: a
//	                 public key (key), a code (code), a list of people (list)
//	complete:"role"  what a shell completes it with: a kind of thing, or the
//	                 possible values with | between them;
//	                 "filter" is that of the list
//	required:"true"  it has to be given; "stranger" for who has no account
//	comma:"true"     several values, also with commas between
//	default, help    for the option
//
// A pointer tells a value that was given from one that was left out.
type Field struct {
	Index    []int // in the struct
	Name     string
	Type     reflect.Type
	Arg      string
	Flag     string
	Path     string
	Query    string
	Body     string
	From     string
	Read     string
	Complete string
	Default  string
	Help     string
	Required string // "true", or "stranger" for who has no account
	Comma    bool
}

// Of gives the value of the field in an input, which is a pointer to a struct.
func (f Field) Of(in any) reflect.Value { return reflect.ValueOf(in).Elem().FieldByIndex(f.Index) }

// Set puts a text into a field that is a string, or a pointer to one.
func (f Field) Set(in any, text string) {
	v := f.Of(in)
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	v.SetString(text)
}

// Find gives a field by the name in its struct.
func (r *Row) Field(name string) (Field, bool) {
	for _, f := range r.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

func fieldsOf(t reflect.Type) []Field {
	var out []Field
	expand := helpWords()
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue
		}
		out = append(out, Field{
			Index: f.Index, Name: f.Name, Type: f.Type, Arg: f.Tag.Get("arg"), Flag: f.Tag.Get("flag"), Path: f.Tag.Get("path"),
			Query: f.Tag.Get("query"), Body: f.Tag.Get("body"), From: f.Tag.Get("from"), Read: f.Tag.Get("read"),
			Complete: f.Tag.Get("complete"), Default: f.Tag.Get("default"), Help: expand.Replace(f.Tag.Get("help")),
			Required: f.Tag.Get("required"), Comma: f.Tag.Get("comma") == "true",
		})
	}
	return out
}

// helpWords are what help texts in tags name that is defined elsewhere.
func helpWords() *strings.Replacer {
	return strings.NewReplacer(
		"{accents}", strings.Join(models.Accents(), ", "),
		"{environments}", strings.Join(models.Environments(), ", "),
		"{page}", fmt.Sprintf("up to %d (default %d)", models.MaxLimit, models.DefaultLimit),
		"{uses}", fmt.Sprintf("up to %d (default %d)", models.MaxLinkUses, models.DefaultLinkUses),
		"{when}", models.WhenHelp,
		"{days}", fmt.Sprintf("%d to %d", models.MinOverviewDays, models.MaxOverviewDays),
	)
}

// inOrg is the organization that an operation is in.
type inOrg struct {
	Org string `path:"org" from:"org" complete:"org"`
}

// inWorkspace is the workspace that an operation is in.
type inWorkspace struct {
	inOrg
	Workspace string `flag:"workspace" path:"workspace" complete:"workspace" help:"name or id of the workspace (default: your current one)"`
}

// page asks for a part of a list.
type page struct {
	Limit int    `flag:"limit" query:"limit" help:"maximum number, {page}"`
	After string `flag:"after" query:"after" help:"next page: the value printed at the end"`
}

// List is how every list looks in JSON.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"` // goes into after for the next page, empty on the last
}

// ListOf makes a list that comes in one page.
func ListOf[T any](items []T) List[T] { return listOf(items, "") }

func listOf[T any](items []T, next string) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{items, next}
}

func pageOf[T any](p models.Page[T], err error) (List[T], error) { return listOf(p.Items, p.Next), err }

// whole is a list that comes in one page.
func whole[T any](items []T, err error) (List[T], error) { return listOf(items, ""), err }

// as gives a role as it was typed. Which custom roles there are only the
// organization knows.
func as(word *string) (models.Role, error) {
	if word == nil {
		return "", nil
	}
	if strings.TrimSpace(*word) == "" {
		return models.ParseRole("role", *word)
	}
	return models.Role(*word), nil
}

// text is the value of an input that may be left out.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// something refuses a change of nothing. names are what could be changed.
func something(given bool, names string) error {
	if given {
		return nil
	}
	return models.Errorf(models.CodeUsage, "nothing to change").WithHint("give at least one of: %s", names)
}
