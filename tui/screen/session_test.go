package screen

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
)

// recorder is the terminal's end of the output: it keeps each Write.
type recorder struct {
	mu     sync.Mutex
	writes []string
	err    error
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return 0, r.err
	}
	r.writes = append(r.writes, string(b))
	return len(b), nil
}

// take gives the writes since the last time.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.writes
	r.writes = nil
	return w
}

func (r *recorder) broken(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
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
		return screenView("content")
	}
	return m.view()
}

// typing is a model that shows what is typed and counts its views. It quits
// with q.
func typing(views *atomic.Int64) *model {
	typed := ""
	return &model{
		update: func(msg tea.Msg) tea.Cmd {
			switch msg := msg.(type) {
			case tea.KeyPressMsg:
				typed += msg.String()
				if msg.String() == "q" {
					return tea.Quit
				}
			}
			return nil
		},
		view: func() tea.View {
			views.Add(1)
			return screenView("typed: " + typed)
		},
	}
}

// session is a program under test, inside a synctest bubble.
type session struct {
	t    *testing.T
	out  *recorder
	keys *io.PipeWriter
	done chan struct{}
	last tea.Model
	err  error
}

func start(t *testing.T, m tea.Model, change ...func(*Options)) *session {
	return startWith(t, t.Context(), m, change...)
}

func startWith(t *testing.T, ctx context.Context, m tea.Model, change ...func(*Options)) *session {
	in, keys := io.Pipe()
	s := &session{t: t, out: &recorder{}, keys: keys, done: make(chan struct{})}
	o := Options{In: in, Out: s.out, Width: 40, Height: 5, Term: "xterm-256color"}
	for _, c := range change {
		c(&o)
	}
	go func() {
		defer close(s.done)
		s.last, s.err = Run(ctx, m, o)
	}()
	synctest.Wait()
	return s
}

// press sends input and waits until all is done that it leads to at once.
func (s *session) press(keys string) {
	_, _ = io.WriteString(s.keys, keys)
	synctest.Wait()
}

// wait waits for the end and closes the input as its owner does.
func (s *session) wait() {
	<-s.done
	_ = s.keys.Close()
	synctest.Wait()
}

// end ends the input, and so the program.
func (s *session) end() {
	_ = s.keys.Close()
	<-s.done
	if s.err != nil {
		s.t.Errorf("Run gives %v", s.err)
	}
}

// restored reports what is missing of the way back in the last write.
func (s *session) restored() string {
	writes := s.out.take()
	if len(writes) == 0 {
		return "all"
	}
	last := writes[len(writes)-1]
	for _, seq := range []string{
		"\x1b[m", "\x1b[0 q", "\x1b[?1003l", "\x1b[?1006l", "\x1b[?1004l", "\x1b[?2004l", "\x1b[<1u", "\x1b[>4m",
		"\x1b]110\x07", "\x1b]111\x07", "\x1b]2;\x07", "\x1b[23;2t", "\x1b[?7h", "\x1b[?1049l", "\x1b[?25h",
	} {
		if !strings.Contains(last, seq) {
			return seq
		}
	}
	if strings.Index(last, "\x1b[<1u") > strings.Index(last, "\x1b[?1049l") {
		return "the keyboard's mode of the alternate screen"
	}
	return ""
}

// everything is a view that sets all there is to restore.
func everything() tea.View {
	v := screenView("content")
	v.Cursor = tea.NewCursor(2, 0)
	v.Cursor.Shape = tea.CursorBar
	v.MouseMode = tea.MouseModeAllMotion
	v.ReportFocus = true
	v.WindowTitle = "muster"
	v.ForegroundColor, v.BackgroundColor = rgbColour{1, 2, 3}, rgbColour{4, 5, 6}
	v.KeyboardEnhancements.ReportEventTypes = true
	return v
}

type rgbColour struct{ r, g, b uint32 }

func (c rgbColour) RGBA() (r, g, b, a uint32) { return c.r << 8, c.g << 8, c.b << 8, 0xffff }
