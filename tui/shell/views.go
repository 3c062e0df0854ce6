package shell

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// viewList is the name under which the list that has the keys keeps views, "" where
// it keeps none.
func (a *App) viewList() string {
	if _, ok := a.list().(host.Filtered); !ok || a.OnSwitcher {
		return ""
	}
	name, ok := models.ViewList(string(a.pane().Scope()))
	if !ok {
		return ""
	}
	return name
}

// Items of the picker of views beside the views.
const (
	saveView    = "save"
	manageViews = "manage"
	useView     = "use:"
)

// chooseView offers the person's views of the list, and keeps what it shows now as
// one.
func (a *App) chooseView() tea.Cmd {
	list, l := a.viewList(), a.list().(host.Filtered)
	filter, sort := l.View()
	now := models.View{List: list, Filter: filter, Sort: sort}
	pick := &ui.Picker{Title: "Views", Find: true, Prompt: "type to find", Empty: "No matches", Top: true}
	var views []models.View
	pick.Choose = func(it ui.Item) tea.Cmd {
		switch it.ID {
		case saveView:
			return a.saveView(now, views)
		case manageViews:
			return a.manageViews(list, views)
		}
		v, err := models.FindView(views, list, strings.TrimPrefix(it.ID, useView))
		if err != nil {
			return nil
		}
		return l.UseView(a.h, v.Filter, v.Sort)
	}
	st, actor, org := a.sh.Store, a.Actor, a.Org.ID
	return kit.PickFrom(a.h, pick, func(ctx context.Context, text string) ([]ui.Item, error) {
		all, err := st.Views(ctx, actor, org)
		if err != nil {
			return nil, err
		}
		var items []ui.Item
		found := []models.View{}
		for _, v := range all {
			if v.List != list {
				continue
			}
			found = append(found, v)
			items = append(items, ui.Item{ID: useView + v.Name, Title: v.Name, Note: viewWords(v), Mark: v.Filter == filter && v.Sort == sort})
		}
		items = append(items, ui.Item{ID: saveView, Title: "Save this view …", Note: viewWords(now)})
		if len(found) > 0 {
			items = append(items, ui.Item{ID: manageViews, Title: "Rename or delete a view …"})
		}
		views = found
		return matching(items, text), nil
	})
}

// matching are the items whose words hold what was typed.
func matching(items []ui.Item, text string) []ui.Item {
	var found []ui.Item
	for _, it := range items {
		if strings.Contains(strings.ToLower(it.Title+" "+it.Note), strings.ToLower(strings.TrimSpace(text))) {
			found = append(found, it)
		}
	}
	return found
}

// viewWords are what a view shows.
func viewWords(v models.View) string {
	text := v.Filter
	if text == "" {
		text = "everything"
	}
	if column, reversed := strings.CutPrefix(v.Sort, "-"); column != "" {
		text += " · by " + strings.ReplaceAll(column, "_", " ")
		if reversed {
			text += ", reversed"
		}
	}
	return text
}

func (a *App) saveView(now models.View, views []models.View) tea.Cmd {
	st, org := a.sh.Store, a.Org.ID
	field := ui.FormField{Name: "name", Label: "Name", Help: "a view of this name is replaced", Check: kit.Name("name")}
	form := &ui.Form{Title: "Save this view", Send: "Save", Intro: []ui.Line{{Text: viewWords(now), Style: theme.Muted}}, Fields: []ui.FormField{field.With("")}}
	form.Submit = func(get func(string) string) tea.Cmd {
		v := now
		v.Name = get("name")
		was, missing := models.FindView(views, v.List, v.Name)
		return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			save := func(v models.View) func(context.Context, models.Actor) error {
				return func(ctx context.Context, actor models.Actor) error {
					_, err := st.SaveView(ctx, actor, org, v)
					return err
				}
			}
			back := save(was)
			if missing != nil {
				back = func(ctx context.Context, actor models.Actor) error {
					_, err := st.DeleteView(ctx, actor, org, v.List, v.Name)
					return err
				}
			}
			return host.Reversible(ctx, actor, "the view "+v.Name+" is saved", save(v), back)
		})
	}
	a.Show(form.Prepare())
	return nil
}

// manageViews picks a view to rename or delete.
func (a *App) manageViews(list string, views []models.View) tea.Cmd {
	pick := &ui.Picker{Title: "Rename or delete a view", Find: true, Prompt: "type to find", Empty: "No matches", Choose: func(it ui.Item) tea.Cmd {
		v, err := models.FindView(views, list, it.ID)
		if err != nil {
			return nil
		}
		a.Show(&ui.Picker{Title: v.Name, Items: []ui.Item{{ID: "rename", Title: "Rename …"}, {ID: "delete", Title: "Delete", Note: a.KeyOf("undo") + " brings it back"}}, Choose: func(it ui.Item) tea.Cmd {
			if it.ID == "rename" {
				return a.renameView(v)
			}
			return a.deleteView(v)
		}})
		return nil
	}}
	for _, v := range views {
		pick.Items = append(pick.Items, ui.Item{ID: v.Name, Title: v.Name, Note: viewWords(v)})
	}
	a.Show(pick)
	return nil
}

func (a *App) renameView(v models.View) tea.Cmd {
	st, org := a.sh.Store, a.Org.ID
	field := ui.FormField{Name: "name", Label: "Name", Check: kit.Name("name")}
	form := &ui.Form{Title: "Rename the view", Send: "Rename", Fields: []ui.FormField{field.With(v.Name)}}
	form.Submit = func(get func(string) string) tea.Cmd {
		to := get("name")
		rename := func(from, to string) func(context.Context, models.Actor) error {
			return func(ctx context.Context, actor models.Actor) error {
				_, err := st.RenameView(ctx, actor, org, v.List, from, to)
				return err
			}
		}
		return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Reversible(ctx, actor, "the view is called "+to+" now", rename(v.Name, to), rename(to, v.Name))
		})
	}
	a.Show(form.Prepare())
	return nil
}

func (a *App) deleteView(v models.View) tea.Cmd {
	st, org := a.sh.Store, a.Org.ID
	return a.h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		return host.Reversible(ctx, actor, "the view "+v.Name+" is deleted", func(ctx context.Context, actor models.Actor) error {
			_, err := st.DeleteView(ctx, actor, org, v.List, v.Name)
			return err
		}, func(ctx context.Context, actor models.Actor) error {
			_, err := st.SaveView(ctx, actor, org, v)
			return err
		})
	})
}
