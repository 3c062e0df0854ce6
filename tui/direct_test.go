package tui

import (
	"context"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/list"
	"muster/tui/pane/members"
)

// direct drives the model without a terminal: commands run at once, in order.
type direct struct {
	t     testing.TB
	app   *App
	heard func(tea.Msg) // may be nil
}

func (d *direct) send(m tea.Msg) {
	if d.heard != nil {
		d.heard(m)
	}
	_, cmd := d.app.Update(m)
	d.run(cmd)
}

func (d *direct) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	got := make(chan tea.Msg, 1)
	go func() { got <- cmd() }()
	select {
	case m := <-got:
		switch m := m.(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range m {
				d.run(c)
			}
		default:
			d.send(m)
		}
	case <-time.After(60 * time.Millisecond): // waits for the feed or a time
	}
}

// What the person's own action changes may be on the screen before its answer:
// then the row under the cursor has not slid there by somebody else's doing.
func TestOnesOwnChangeMaySlideTheList(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm-256color"})
	t.Cleanup(app.Close)
	d := &direct{t: t, app: app}
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.run(app.Init())
	p := app.Pane(host.Members).(*members.Pane)
	p.Table.Select(p.Table.Rows()[1].ID)
	without := func() list.Answer[models.Member] {
		rows := p.Table.Rows()
		p.Request++
		return list.Answer[models.Member]{Pane: host.Members, Request: p.Request,
			Page: models.Page[models.Member]{Items: append(slices.Clone(rows[:1]), rows[2:]...), Total: len(rows) - 1, Matches: len(rows) - 1}}
	}
	answer := app.Start(host.Action{Do: func(context.Context, models.Actor) host.Outcome { return host.Outcome{} }})
	app.Update(without())
	if p.Slid(app.Now) {
		t.Error("the change of one's own action counts as somebody else's")
	}
	app.Update(answer())
	app.Update(without())
	if !p.Slid(app.Now) {
		t.Error("the change of somebody else does not count as theirs")
	}
}
