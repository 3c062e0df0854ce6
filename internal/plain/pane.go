package plain

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"

	"muster/internal/op"
	"muster/models"
)

// pane is a list of rows, or one answer without rows, and what can be done there.
type pane struct {
	name  string // that it is opened by, as in the app; "" for one inside another
	title string
	own   bool                    // of the person or the installation, not of the open organization
	when  func(s *Session) bool   // nil for always
	count func(s *Session) string // nil for none

	list string   // operation that lists, or shows
	only []string // fields of its input that f asks for
	with values   // of its input, and of every operation below
	// key is the field of an operation's input that names a row, by the field of
	// the row that from says, ID unless it says another one.
	key, from string
	label     string // field of a row that it is called by
	open      string // operation that shows a row; "" where the list says all
	detailed  bool   // what open answers is the row, with more than the list says
	explain   func(item any) []string

	rows []action // of a row
	top  []action // of the list
}

// action is something to do, with a row or with the list.
type action struct {
	op    string
	title string
	// why refuses by the rule that the store asks; nil asks for the permission of
	// the operation.
	why  func(s *Session, item any) error
	with func(item any) values
	ask  []string // fields of the input to ask for, although the pane has values for them
	gone bool     // there is no such row any more afterwards
	// undo gives the operation that takes it back.
	undo func(item, out any) (operation string, with values)
	then func(ctx context.Context, s *Session, out any) error
	// pane leads to another list, and run is what no form can ask; both instead of
	// the operation.
	pane func(item any) *pane
	run  func(ctx context.Context, s *Session, item any) error
}

// pageSize is how many rows are read out at once.
const pageSize = 20

// panes are those of the open organization and the person.
func (s *Session) panes() []*pane {
	var out []*pane
	for _, p := range []*pane{membersPane(), invitationsPane(), settingsPane(), workspacesPane(), apiKeysPane(), overviewPane(), auditPane(), youPane(),
		organizationsPane(), usersPane(), allOrganizationsPane()} {
		if p.when == nil || p.when(s) {
			out = append(out, p)
		}
	}
	return out
}

// view is a page of a list.
type view struct {
	*pane
	filter any      // input of the list
	pages  []string // where each page up to this one begins
	next   string
	items  []any
	single bool // an answer without rows
}

// show is a pane until the person leaves it. It is read out once, and again when
// that is asked for.
func (s *Session) show(ctx context.Context, p *pane) error {
	r := op.Find(p.list)
	v := &view{pane: p, filter: r.New(), pages: []string{""}}
	put(v.filter, p.with)
	if err := s.page(ctx, r, v); err != nil || v.items == nil && !v.single {
		return err
	}
	for {
		word, err := s.prompt(ctx, p.title+": ")
		if err != nil || word == "b" {
			return err
		}
		if err := s.step(ctx, r, v, word); err != nil {
			return err
		}
	}
}

// step does what was typed in a pane.
func (s *Session) step(ctx context.Context, r *op.Row, v *view, word string) (err error) {
	first, n := s.first(v), number(word)
	switch {
	case word == "r":
		return s.page(ctx, r, v)
	case word == "n" && v.next != "":
		v.pages = append(v.pages, v.next)
		return s.page(ctx, r, v)
	case word == "p" && len(v.pages) > 1:
		v.pages = v.pages[:len(v.pages)-1]
		return s.page(ctx, r, v)
	case word == "n", word == "p":
		return s.Say("There is no such page.")
	case word == "f" && len(v.only) > 0:
		return s.narrow(ctx, r, v)
	case word == "a" && len(v.top) > 0:
		s.changed = false
		if err := s.menu(ctx, v.pane, v.top, nil); err != nil || !s.changed {
			return err
		}
		return s.page(ctx, r, v) // with what was made
	case v.single && n > 0 && n <= len(v.top):
		_, err = s.act(ctx, v.pane, v.top[n-1], nil)
		return err
	case !v.single && n >= first && n < first+len(v.items):
		return s.row(ctx, v.pane, v.items[n-first])
	case v.single:
		return s.unknown(word, len(v.top))
	}
	return s.unknown(word, first+len(v.items)-1)
}

// first is the number of the first row of a page.
func (s *Session) first(v *view) int { return (len(v.pages)-1)*pageSize + 1 }

// page asks for a page and reads it out.
func (s *Session) page(ctx context.Context, r *op.Row, v *view) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	in := clone(r, v.filter)
	put(in, values{"Limit": pageSize, "After": v.pages[len(v.pages)-1]})
	out, err := s.do(ctx, r, in)
	if err != nil {
		return s.failed(err)
	}
	title := v.title
	if !v.own {
		title += " of " + s.name()
	}
	if err := s.sayAll("", title); err != nil {
		return err
	}
	items, list := itemsOf(out)
	v.single = !list
	if v.single {
		if err := s.Show(ctx, r, out, 0); err != nil {
			return err
		}
		return s.sayActions(v.pane, v.top, nil)
	}
	v.items, v.next = items, reflect.ValueOf(out).FieldByName("Next").String()
	if err := s.Show(ctx, r, out, s.first(v)); err != nil {
		return err
	}
	return s.Say(v.hint())
}

// hint says what can be typed below a list.
func (v *view) hint() string {
	text := ""
	if len(v.items) > 0 {
		text = "A number opens that line"
	}
	add := func(word string) {
		if text != "" {
			text += ", "
		}
		text += word
	}
	if v.next != "" {
		add("n next page")
	}
	if len(v.pages) > 1 {
		add("p previous page")
	}
	if len(v.top) > 0 {
		add("a actions")
	}
	if len(v.only) > 0 {
		add("f filter")
	}
	add("b back")
	return text + "."
}

// narrow asks what to show only, and shows it.
func (s *Session) narrow(ctx context.Context, r *op.Row, v *view) error {
	var fields []op.Field
	for _, name := range v.only {
		f, _ := r.Field(name)
		if f.Complete == "filter" {
			f.Help = op.FilterOf(r.Name).Usage()
		}
		fields = append(fields, f)
	}
	if err := s.Say("Show only. Empty keeps the value in brackets, - removes it, ! cancels."); err != nil {
		return err
	}
	in, before, ask := r.New(), v.filter, fields
	put(in, v.with)
	for {
		err := s.questions(ctx, ask, in, before)
		if errors.Is(err, errCancelled) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = s.do(ctx, r, clone(r, in))
		if err == nil {
			v.filter, v.pages = in, []string{""}
			return s.page(ctx, r, v)
		}
		if !retryable(err) {
			return s.failed(err)
		}
		if err := s.Fail(err); err != nil {
			return err
		}
		before, ask = in, wrong(fields, models.AsError(err).Field)
	}
}

// row is one row until the person leaves it.
func (s *Session) row(ctx context.Context, p *pane, item any) error {
	item, err := s.describe(ctx, p, item)
	for err == nil && item != nil {
		var word string
		if word, err = s.prompt(ctx, s.called(p, item)+": "); err != nil || word == "b" {
			return err
		}
		switch n := number(word); {
		case word == "r":
			item, err = s.describe(ctx, p, item)
		case n > 0 && n <= len(p.rows):
			// It may have changed since it was read out.
			if err = s.refresh(ctx); err == nil {
				item, _, err = s.lookUp(ctx, p, item)
			}
			if err != nil || item == nil {
				return err
			}
			var gone bool
			if gone, err = s.act(ctx, p, p.rows[n-1], item); gone {
				return err
			}
		default:
			err = s.unknown(word, len(p.rows))
		}
	}
	return err
}

// describe reads a row out, as it is now, with what can be done. It gives nil
// where there is no such row any more.
func (s *Session) describe(ctx context.Context, p *pane, item any) (any, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	if err := s.Say(""); err != nil {
		return nil, err
	}
	item, out, err := s.lookUp(ctx, p, item)
	if err != nil || item == nil {
		return nil, err
	}
	if out != nil {
		if err := s.Show(ctx, op.Find(p.open), out, 0); err != nil {
			return nil, err
		}
	}
	if p.explain != nil {
		if err := s.sayAll(p.explain(item)...); err != nil {
			return nil, err
		}
	}
	return item, s.sayActions(p, p.rows, item)
}

// lookUp gives a row as it is now, nil where there is no such row any more, and
// the answer that shows it, nil where the list said all.
func (s *Session) lookUp(ctx context.Context, p *pane, item any) (now, answer any, err error) {
	if p.open == "" {
		return item, nil, nil
	}
	r := op.Find(p.open)
	in := r.New()
	put(in, p.with)
	put(in, p.naming(item))
	out, err := s.do(ctx, r, in)
	switch {
	case err != nil:
		return nil, nil, s.failed(err)
	case p.detailed, reflect.TypeOf(out) == reflect.TypeOf(item):
		item = out
	}
	return item, out, nil
}

// naming is the input that names a row.
func (p *pane) naming(item any) values {
	if item == nil || p.key == "" {
		return nil
	}
	from := p.from
	if from == "" {
		from = "ID"
	}
	return values{p.key: get(item, from)}
}

// called is what a row is called in a question.
func (s *Session) called(p *pane, item any) string {
	for _, name := range []string{p.label, "Name", "Label", "ID"} {
		if text, ok := get(item, name).(string); ok && text != "" {
			return text
		}
	}
	return p.title
}

// sayActions numbers what can be done, and says why not where not.
func (s *Session) sayActions(p *pane, actions []action, item any) error {
	for i, a := range actions {
		line := strconv.Itoa(i+1) + ". " + a.title
		if err := s.refuses(p, a, item); err != nil {
			line += " (not now: " + models.AsError(err).Message + ")"
		}
		if err := s.Say(line); err != nil {
			return err
		}
	}
	return s.Say("b back.")
}

// menu offers actions of a list.
func (s *Session) menu(ctx context.Context, p *pane, actions []action, item any) error {
	if err := s.sayActions(p, actions, item); err != nil {
		return err
	}
	for {
		word, err := s.prompt(ctx, p.title+", action: ")
		if err != nil || word == "b" {
			return err
		}
		if n := number(word); n > 0 && n <= len(actions) {
			_, err := s.act(ctx, p, actions[n-1], item)
			return err
		}
		if err := s.unknown(word, len(actions)); err != nil {
			return err
		}
	}
}

// refuses says by which rule an action cannot be done.
func (s *Session) refuses(p *pane, a action, item any) error {
	if a.why != nil {
		return a.why(s, item)
	}
	r := op.Find(a.op)
	if r == nil || r.Also != "" { // the store knows the rest
		return nil
	}
	if r.Needs == op.SiteAdmin {
		return models.OnlySiteAdmin(s.me.User, r.Does)
	}
	perm, ok := r.Needs.Permission()
	if !ok {
		return nil
	}
	for _, d := range models.Permissions(models.ScopeOrganization) {
		if d.Name == perm {
			return s.access.Require(perm)
		}
	}
	return nil
}

// act does one thing. gone says that the row is no more.
func (s *Session) act(ctx context.Context, p *pane, a action, item any) (gone bool, err error) {
	if err := s.refuses(p, a, item); err != nil {
		return false, s.Fail(err)
	}
	switch {
	case a.pane != nil:
		return false, s.show(ctx, a.pane(item))
	case a.run != nil:
		return false, a.run(ctx, s, item)
	}
	r := op.Find(a.op)
	in := r.New()
	given := map[string]bool{}
	sets := []values{p.with, p.naming(item)}
	if a.with != nil {
		sets = append(sets, a.with(item))
	}
	for _, set := range sets {
		put(in, set)
		for name := range set {
			given[name] = !slices.Contains(a.ask, name)
		}
	}
	base := &models.Base{}
	as := s.Me()
	as.Record = base
	out, err := s.form(ctx, as, r, in, given, item)
	if err != nil || out == nil {
		return false, err
	}
	if a.undo != nil {
		if err := s.keep(a, s.called(p, item), base, item, out); err != nil {
			return false, err
		}
	}
	if a.then != nil {
		return a.gone, a.then(ctx, s, out)
	}
	return a.gone, nil
}

// failed tells of an error, and gives it back where it ends the session.
func (s *Session) failed(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return err
	case errors.Is(err, ErrDeclined):
		return s.Say("Nothing was changed.")
	}
	return s.Fail(err)
}
