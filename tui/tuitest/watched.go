package tuitest

import (
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"muster/tui/screen"
)

// watched is a model of which one can tell when it has taken what a person did,
// and whether commands that it began are still under way.
type watched struct {
	tea.Model
	taken   chan struct{} // one for each key, click, paste and focus
	back    chan struct{} // has room for one: a command came back
	pending atomic.Int32
}

func watch(m tea.Model) *watched {
	return &watched{Model: m, taken: make(chan struct{}, 64), back: make(chan struct{}, 1)}
}

// underWay is how many commands have not come back yet.
func (w *watched) underWay() int { return int(w.pending.Load()) }

// returned is what a command brought, on its way to the model.
type returned struct{ msg tea.Msg }

func (w *watched) Init() tea.Cmd { return w.track(w.Model.Init()) }

func (w *watched) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	r, fromCommand := m.(returned)
	if fromCommand {
		m = r.msg
	}
	next, cmd := w.Model.Update(m)
	w.Model = next
	cmd = w.track(cmd)
	if fromCommand {
		w.end() // not before what follows from it counts
	}
	switch m.(type) {
	case tea.KeyPressMsg, tea.MouseClickMsg, tea.PasteMsg, tea.FocusMsg:
		w.taken <- struct{}{}
	}
	return w, cmd
}

// track counts a command until the model has its message.
func (w *watched) track(cmd tea.Cmd) tea.Cmd {
	if cmd == nil || waits(cmd) {
		return cmd
	}
	w.pending.Add(1)
	return func() tea.Msg {
		msg := cmd()
		if reflect.ValueOf(msg).Kind() == reflect.Slice && reflect.TypeOf(msg).Elem() == reflect.TypeFor[tea.Cmd]() {
			// A batch or a sequence, whose type is Bubble Tea's own.
			cmds := reflect.ValueOf(msg)
			for i := range cmds.Len() {
				inner, _ := cmds.Index(i).Interface().(tea.Cmd)
				cmds.Index(i).Set(reflect.ValueOf(w.track(inner)))
			}
		}
		if msg == nil || !forModel(msg) {
			w.end()
			return msg
		}
		return returned{msg}
	}
}

func (w *watched) end() {
	w.pending.Add(-1)
	select {
	case w.back <- struct{}{}:
	default:
	}
}

// forModel tells messages that reach the model from those that Bubble Tea or
// the screen take for themselves.
func forModel(msg tea.Msg) bool {
	pkg := reflect.TypeOf(msg).PkgPath()
	return pkg != reflect.TypeFor[screen.Options]().PkgPath() && !strings.HasPrefix(pkg, "charm.land/")
}

// waits tells commands that come back when something happens, or at some time,
// from those that do what they were asked: the former are not waited for.
func waits(cmd tea.Cmd) bool {
	name := runtime.FuncForPC(reflect.ValueOf(cmd).Pointer()).Name()
	// The number behind it differs where the compiler puts one function into another.
	return strings.Contains(name, ".await.func") || strings.Contains(name, ".Tick.func")
}
