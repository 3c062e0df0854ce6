package list

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// filter is what the list can be narrowed by.
func (l *List[T]) filter() *models.Filter {
	if l.Filters == nil {
		return models.NameFilter()
	}
	return l.Filters()
}

// FilterHint says, while a filter is typed, what is wrong with it, how its last
// part may go on, or what filters at all. Names that do not fit whole into room
// columns are left out.
func (l *List[T]) FilterHint(room int) (text string, bad bool) {
	f := l.filter()
	if _, options := f.Completions(l.Filter.Text(), nil); len(options) > 0 {
		return someWhole("tab:", options, room), false
	}
	if l.problem != "" {
		return l.problem, true
	}
	if len(f.Names) == 0 {
		return "", false
	}
	names := strings.Split(f.Usage(), ", ")
	return someWhole(names[0], names[1:], room), false
}

// someWhole puts the words behind a first one that fit into room columns, and
// says when there are more.
func someWhole(text string, words []string, room int) string {
	const more = " …"
	for i, w := range words {
		need := 1 + ui.Width(w)
		if i < len(words)-1 {
			need += ui.Width(more)
		}
		if ui.Width(text)+need > room {
			return text + more
		}
		text += " " + w
	}
	return text
}

// complete takes the filter as far as its last part can only go on in one way,
// or else the first way. It says whether there was any.
func (l *List[T]) complete() bool {
	before, options := l.filter().Completions(l.Filter.Text(), nil)
	if len(options) == 0 {
		return false
	}
	common := options[0]
	for _, o := range options[1:] {
		n := 0
		for n < min(len(common), len(o)) && common[n] == o[n] {
			n++
		}
		common = common[:n]
	}
	if before+common == l.Filter.Text() {
		common = options[0]
	}
	if slices.Contains(options, common) && !strings.HasSuffix(common, ":") {
		common += " "
	}
	l.Filter.Set(before + common)
	return true
}

// Filtered narrows the list to a filter.
func (l *List[T]) Filtered(h host.Host, text string) tea.Cmd {
	l.Filter.Set(text)
	l.typing = false
	return l.Narrow(h)
}

// Offers says whether there is anything to choose from.
func (l *List[T]) Offers() bool { return l.Filters != nil && len(l.Filters().Names) > 0 }

// everything is the item that drops the filter.
const everything = "*"

// ShowOnly offers what the list can be narrowed by. The choice becomes a part of
// the filter, and the same one again takes it out.
func (l *List[T]) ShowOnly(h host.Host) tea.Cmd {
	f, text := l.filter(), l.Filter.Text()
	pick := &ui.Picker{Title: "Show only", Find: true, Prompt: "type to find", Empty: "No matches", Items: []ui.Item{{ID: everything, Title: "everything", Mark: text == ""}}}
	pick.Choose = func(it ui.Item) tea.Cmd {
		name, value, ok := strings.Cut(it.ID, ":")
		switch {
		case !ok:
			return l.Filtered(h, "")
		case it.Mark:
			value = ""
		}
		return l.Filtered(h, f.With(text, name, value))
	}
	for _, n := range f.Names {
		for _, v := range n.Values {
			pick.Items = append(pick.Items, choice(f, text, n, v, ""))
		}
	}
	var id int
	src := source{st: h.Store, actor: h.Actor, org: h.Org.ID, log: h.Org.ID, shared: h.Shared(), siteAdmin: h.Me.SiteAdmin}
	if l.Log != nil {
		src.log = l.Log(h)
	}
	look := func(typed string) tea.Cmd {
		return kit.Items(h, id, typed, func(ctx context.Context) (items []ui.Item, err error) {
			for _, n := range f.Names {
				values, err := src.values(ctx, n.Complete, typed)
				if err != nil {
					return nil, err
				}
				for _, v := range values {
					items = append(items, choice(f, text, n, v.Title, v.Note))
				}
			}
			return items, nil
		})
	}
	pick.Query = look
	id = h.Show(pick)
	return look("")
}

// choice is a value of a filter as an item.
func choice(f *models.Filter, text string, n models.FilterName, value, note string) ui.Item {
	now := f.Value(text, n.Name)
	mark := strings.EqualFold(now, value)
	if n.Many {
		mark = slices.Contains(strings.Split(now, ","), value)
	}
	title := value
	switch {
	case n.Time:
		title = ago(value)
	case value == "yes":
		title = strings.ReplaceAll(n.Name, "-", " ")
	}
	group := strings.ToUpper(n.Name[:1]) + strings.ReplaceAll(n.Name[1:], "-", " ")
	return ui.Item{ID: n.Name + ":" + value, Title: title, Note: note, Group: group, Extra: n.Name + " " + n.Name + ":" + value, Mark: mark}
}

// ago says a span of a filter in words.
func ago(s string) string {
	d, err := models.ParseSpan("", strings.TrimLeft(s, "<>"))
	if err != nil {
		return s
	}
	days := kit.Count(int(d.Hours()/24), "day", "days")
	if strings.HasPrefix(s, ">") {
		return "more than " + days + " ago"
	}
	if days == "1 day" {
		return "in the last day"
	}
	return "in the last " + days
}

// source is where values come from that only the store knows. It is made in
// Update, and asked outside of it.
type source struct {
	st                *store.Store
	actor             models.Actor
	org, log          string
	shared, siteAdmin bool
}

// values are those of a kind that fit what is typed.
func (s source) values(ctx context.Context, kind, typed string) (items []ui.Item, err error) {
	typed = strings.TrimSpace(typed)
	switch {
	case kind == "role" && s.shared:
		all, err := s.st.Roles(ctx, s.actor, s.org)
		for i := range all {
			if r := &all[i]; !r.BuiltIn && r.Scope == models.ScopeOrganization && held(r.Name, typed) {
				items = append(items, ui.Item{Title: r.Name})
			}
		}
		return items, err
	case kind == "plan":
		all, err := s.st.Plans(ctx, s.actor, s.org)
		for _, p := range all {
			if !p.Personal && held(p.Name, typed) {
				items = append(items, ui.Item{Title: p.Name})
			}
		}
		return items, err
	case kind == "action":
		all, err := s.st.AuditActions(ctx, s.actor, s.log)
		for _, a := range all {
			if held(a, typed) {
				items = append(items, ui.Item{Title: a})
			}
		}
		return items, err
	case kind == "org" && s.siteAdmin:
		page, err := s.st.AllOrganizations(ctx, s.actor, models.OrgQuery{Search: typed})
		for _, o := range page.Items {
			items = append(items, ui.Item{Title: o.Code, Note: o.Name})
		}
		return items, err
	case kind == "member" && s.shared && len(typed) > 1:
		page, err := s.st.ListMembers(ctx, s.actor, s.org, models.MemberQuery{Search: typed, Limit: 8})
		for _, m := range page.Items {
			items = append(items, ui.Item{Title: m.Email, Note: m.Name})
		}
		return items, err
	}
	return nil, nil
}

func held(s, typed string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(typed)) }

// TitleAt is the order that a click on the titles asks for, "" for none.
func (l *List[T]) TitleAt(x int) string {
	name := l.Table.SortAt(x)
	if !slices.ContainsFunc(l.Orders, func(o host.SortChoice) bool { return o.Name == name }) {
		return ""
	}
	return name
}
