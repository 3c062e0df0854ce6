package screen

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
)

// recorder is the terminal's end of the output: it keeps each Write.
type recorder struct {
	mu     sync.Mutex
	writes [][]byte
	fail   error
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return 0, r.fail
	}
	r.writes = append(r.writes, append([]byte(nil), b...))
	return len(b), nil
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.writes)
}

func (r *recorder) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var s strings.Builder
	for _, w := range r.writes {
		s.Write(w)
	}
	return s.String()
}

// model is a model made of functions.
type model struct {
	init   tea.Cmd
	update func(tea.Msg) tea.Cmd
	view   func() tea.View
}

func (m *model) Init() tea.Cmd { return m.init }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m.update == nil {
		return m, nil
	}
	return m, m.update(msg)
}

func (m *model) View() tea.View {
	if m.view == nil {
		return tea.View{AltScreen: true}
	}
	return m.view()
}

// session is a program under test inside a synctest bubble.
type session struct {
	out  *recorder
	keys *io.PipeWriter
	done chan struct{}
	last tea.Model
	err  error
}

func start(ctx context.Context, m tea.Model, o Options) *session {
	in, keys := io.Pipe()
	s := &session{out: &recorder{}, keys: keys, done: make(chan struct{})}
	o.In = in
	if o.Out == nil {
		o.Out = s.out
	}
	if o.Term == "" {
		o.Term = "xterm-256color"
	}
	go func() {
		defer close(s.done)
		s.last, s.err = Run(ctx, m, o)
	}()
	return s
}

func (s *session) press(keys string) { _, _ = io.WriteString(s.keys, keys) }

// end closes the input and waits.
func (s *session) end() {
	_ = s.keys.Close()
	<-s.done
}

func TestKeysChangeTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typed := ""
		m := &model{
			update: func(msg tea.Msg) tea.Cmd {
				if k, ok := msg.(tea.KeyPressMsg); ok {
					typed += k.String()
					if k.String() == "q" {
						return tea.Quit
					}
				}
				return nil
			},
			view: func() tea.View { return tea.View{Content: "typed: " + typed, AltScreen: true} },
		}
		s := start(t.Context(), m, Options{Width: 40, Height: 5})
		synctest.Wait()
		s.press("ab")
		time.Sleep(time.Second)
		e := vt.NewEmulator(40, 5)
		go io.Copy(io.Discard, e)
		_, _ = e.Write([]byte(s.out.all()))
		if got := strings.TrimSpace(e.String()); got != "typed: ab" {
			t.Errorf("the screen shows %q", got)
		}
		s.press("q")
		<-s.done
		if s.err != nil {
			t.Error(s.err)
		}
		if !strings.Contains(s.out.all(), "\x1b[?1049l") {
			t.Error("the alternate screen was not left")
		}
		_ = e.Close()
		s.end()
	})
}

