package screen

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTerminalIsRestored(t *testing.T) {
	broken := func() tea.Msg { panic("a command broke") }
	cause := errors.New("too long idle")
	for _, c := range []struct {
		name   string
		update func(key string) tea.Cmd
		view   func(key string)
		act    func(*session, context.CancelCauseFunc)
		want   func(error) bool
	}{
		{name: "quit", update: func(string) tea.Cmd { return tea.Quit }},
		{name: "interrupt", update: func(string) tea.Cmd { return tea.Interrupt }, want: func(err error) bool { return err == tea.ErrInterrupted }},
		{name: "end of input", act: func(s *session, _ context.CancelCauseFunc) { _ = s.keys.Close() }},
		{name: "context", act: func(_ *session, cancel context.CancelCauseFunc) { cancel(cause) }, want: func(err error) bool { return err == cause }},
		{name: "panic in Update", update: func(string) tea.Cmd { panic("Update broke") }, want: panicked("Update broke")},
		{name: "panic in View", view: func(string) { panic("View broke") }, want: panicked("View broke")},
		{name: "panic in a command", update: func(string) tea.Cmd { return broken }, want: panicked("a command broke")},
		{name: "panic in a batch", update: func(string) tea.Cmd { return tea.Batch(tea.Batch(broken, broken), func() tea.Msg { return nil }) }, want: panicked("a command broke")},
		{name: "panic in a sequence", update: func(string) tea.Cmd { return tea.Sequence(func() tea.Msg { return nil }, broken) }, want: panicked("a command broke")},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				key := ""
				m := &model{
					update: func(msg tea.Msg) tea.Cmd {
						if k, ok := msg.(tea.KeyPressMsg); ok {
							if key = k.String(); c.update != nil {
								return c.update(key)
							}
						}
						return nil
					},
					view: func() tea.View {
						if key != "" && c.view != nil {
							c.view(key)
						}
						return everything()
					},
				}
				s := startWith(t, ctx, m)
				time.Sleep(time.Second)
				if c.act != nil {
					c.act(s, cancel)
				} else {
					s.press("x")
				}
				s.wait()
				if missing := s.restored(); missing != "" {
					t.Errorf("the terminal is left without %q", missing)
				}
				if c.want == nil && s.err != nil || c.want != nil && !c.want(s.err) {
					t.Errorf("Run gives %v", s.err)
				}
				if s.last != tea.Model(m) {
					t.Error("Run does not give the model")
				}
			})
		})
	}
}

func panicked(with string) func(error) bool {
	return func(err error) bool {
		var p *PanicError
		return errors.As(err, &p) && p.Value == with && strings.Contains(string(p.Stack), "run_test.go")
	}
}

func TestPanicBeforeTheFirstFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &model{update: func(tea.Msg) tea.Cmd { panic("at once") }})
		s.wait()
		if !panicked("at once")(s.err) {
			t.Errorf("Run gives %v", s.err)
		}
		if w := s.out.take(); len(w) > 0 {
			t.Errorf("a terminal that was not touched gets %q", w)
		}
	})
}

func TestBrokenOutputEndsTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var views atomic.Int64
		s := start(t, typing(&views))
		gone := errors.New("gone")
		s.out.broken(gone)
		time.Sleep(time.Second)
		s.press("x")
		s.wait()
		if !errors.Is(s.err, gone) {
			t.Errorf("Run gives %v", s.err)
		}
	})
}

// stuckWriter blocks from the second write on, until it is closed.
type stuckWriter struct {
	writes int
	closed chan struct{}
}

func (w *stuckWriter) Write(b []byte) (int, error) {
	if w.writes++; w.writes == 1 {
		return len(b), nil
	}
	<-w.closed
	return 0, io.ErrClosedPipe
}

func TestStuckOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := &stuckWriter{closed: make(chan struct{})}
		var views atomic.Int64
		s := startWith(t, ctx, typing(&views), func(o *Options) { o.Out = out })
		time.Sleep(time.Second)
		s.press("a")
		go func() { _, _ = io.WriteString(s.keys, "bcdef") }() // blocks too: nobody listens
		cancel()
		synctest.Wait()
		select {
		case <-s.done:
			t.Fatal("Run returned while a Write was pending")
		default:
		}
		close(out.closed)
		s.wait()
		if !errors.Is(s.err, io.ErrClosedPipe) {
			t.Errorf("Run gives %v", s.err)
		}
	})
}

func TestBurstIsOneFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var views atomic.Int64
		s := start(t, typing(&views))
		time.Sleep(time.Second)
		s.out.take()
		views.Store(0)

		s.press("a")
		if w := s.out.take(); len(w) != 1 || views.Load() != 1 {
			t.Fatalf("a key after a quiet time gives %q in %d views", w, views.Load())
		}
		for n, key := range []string{"b", "c"} { // what follows at once is often what the key was for
			s.press(key)
			if w := s.out.take(); len(w) != 1 || int(views.Load()) != 2+n {
				t.Fatalf("another change gives %q in %d views", w, views.Load())
			}
		}
		for more := range 3 {
			s.press("defghijk")
			if w := s.out.take(); len(w) != 0 || int(views.Load()) != 3+more {
				t.Fatalf("keys right after that give %q in %d views", w, views.Load())
			}
			time.Sleep(frameGap)
			synctest.Wait()
			if w := s.out.take(); len(w) != 1 || int(views.Load()) != 4+more || !strings.Contains(w[0], "defghijk") {
				t.Fatalf("%v later it is %q in %d views", frameGap, w, views.Load())
			}
		}
		s.end()
	})
}

func TestIdleIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var views atomic.Int64
		updates := 0
		m := typing(&views)
		update := m.update
		m.update = func(msg tea.Msg) tea.Cmd { updates++; return update(msg) }
		ticks := 0
		s := start(t, m, func(o *Options) {
			o.Now = func() time.Time { ticks++; return time.Now() }
		})
		s.press("a")
		time.Sleep(5 * time.Second) // Bubble Tea's ticker has been stopped by now
		synctest.Wait()
		s.out.take()
		views.Store(0)
		updates, ticks = 0, 0

		// With every goroutine asleep the bubble's clock jumps from timer to
		// timer; none but this one is left.
		begin := time.Now()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if w := s.out.take(); len(w) > 0 || int(views.Load())+updates+ticks > 0 {
			t.Errorf("a day without input gives %q, %d views, %d updates, %d looks at the clock", w, views.Load(), updates, ticks)
		}
		if time.Since(begin) != 24*time.Hour {
			t.Errorf("the day took %v", time.Since(begin))
		}
		s.press("b")
		if w := s.out.take(); len(w) != 1 || !strings.Contains(w[0], "b") {
			t.Errorf("the key after it gives %q", w)
		}
		s.end()
	})
}

func TestFirstSize(t *testing.T) {
	for _, c := range []struct{ in, want Size }{
		{Size{0, 0}, Size{80, 24}},
		{Size{-1, 10}, Size{80, 10}},
		{Size{120, 50}, Size{120, 50}},
		{Size{1 << 30, 1 << 30}, Size{MaxWidth, MaxHeight}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got []tea.Msg
			var first tea.View
			s := start(t, &model{
				update: func(msg tea.Msg) tea.Cmd { got = append(got, msg); return nil },
				view: func() tea.View {
					if len(got) == 0 {
						t.Error("there is a view before the size is known")
					}
					return first
				},
			}, func(o *Options) { o.Width, o.Height = c.in.Width, c.in.Height })
			time.Sleep(5 * time.Second)
			s.end()
			if len(got) != 2 || got[1] != (tea.WindowSizeMsg{Width: c.want.Width, Height: c.want.Height}) {
				t.Errorf("%v: the model gets %v", c.in, got)
			}
			if _, ok := got[0].(tea.ColorProfileMsg); !ok {
				t.Errorf("the first message is %T", got[0])
			}
		})
	}
}

func TestResize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var resize func(Size)
		var sizes []tea.WindowSizeMsg
		var at []time.Duration
		begin := time.Now()
		s := start(t, &model{update: func(msg tea.Msg) tea.Cmd {
			if m, ok := msg.(tea.WindowSizeMsg); ok {
				sizes, at = append(sizes, m), append(at, time.Since(begin))
			}
			return nil
		}}, func(o *Options) { o.Resize = func(changed func(Size)) { resize = changed } })
		time.Sleep(time.Second)
		s.out.take()
		sizes, at, begin = nil, nil, time.Now()
		for w := range 200 {
			resize(Size{w + 41, 10})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(sizes); n > 6 || sizes[0].Width != 41 || sizes[n-1] != (tea.WindowSizeMsg{Width: 240, Height: 10}) {
			t.Errorf("200 sizes in 200 ms arrive as %v at %v", sizes, at)
		}
		w := s.out.take()
		if len(w) != len(sizes) || !strings.Contains(w[len(w)-1], "\x1b[2Jcontent") {
			t.Errorf("%d sizes are drawn as %q", len(sizes), w)
		}
		resize(Size{1 << 20, 0})
		synctest.Wait()
		if got := sizes[len(sizes)-1]; got != (tea.WindowSizeMsg{Width: MaxWidth, Height: 24}) {
			t.Errorf("a size out of bounds arrives as %v", got)
		}
		s.out.take()
		resize(Size{MaxWidth, 24}) // back from a size that was left out
		synctest.Wait()
		time.Sleep(time.Second)
		if w := s.out.take(); len(w) != 1 || !strings.Contains(w[0], "\x1b[2Jcontent") {
			t.Errorf("the same size again is drawn as %q", w)
		}
		resize(Size{60, 20}) // right before the end
		time.Sleep(resizeGap)
		synctest.Wait()
		if got := sizes[len(sizes)-1]; got != (tea.WindowSizeMsg{Width: 60, Height: 20}) {
			t.Errorf("the last size is %v", got)
		}
		s.end()
	})
}

// An answer that comes after the end would be typed into the shell.
func TestStaysForAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		term    string
		answers string
		want    time.Duration
	}{
		"none":         {"xterm-256color", "", answerPause},
		"both":         {"xterm-256color", "\x1b[?2026;2$y\x1b]11;rgb:0000/0000/0000\x1b\\", 100 * time.Millisecond},
		"one":          {"xterm-256color", "\x1b[?2026;2$y", answerPause},
		"an old kind":  {"vt100", "", 0},
		"input's end":  {"xterm-256color", "EOF", 100 * time.Millisecond},
		"other things": {"xterm-256color", "jk", answerPause},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				s := start(t, &model{init: tea.Sequence(tea.RequestBackgroundColor, tea.Quit)}, func(o *Options) { o.Term = c.term })
				if c.term != "vt100" {
					time.Sleep(100 * time.Millisecond)
					if c.answers == "EOF" {
						_ = s.keys.Close()
					} else {
						s.press(c.answers)
					}
				}
				s.wait()
				if took := time.Since(begin); took != c.want {
					t.Errorf("it ends after %s, want %s", took, c.want)
				}
			})
		})
	}
}

func TestMouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		m := &model{
			update: func(msg tea.Msg) tea.Cmd {
				switch msg := msg.(type) {
				case tea.MouseMsg:
					got = append(got, msg.String())
				case string:
					got = append(got, msg)
				}
				return nil
			},
			view: func() tea.View {
				v := screenView("content")
				v.OnMouse = func(tea.MouseMsg) tea.Cmd { return func() tea.Msg { return "from the view" } }
				return v
			},
		}
		s := start(t, m)
		s.press("\x1b[<0;3;2M\x1b[<0;41;2M\x1b[<0;1;6M\x1b[<0;0;0M")
		s.end()
		if want := []string{"left", "from the view"}; !slices.Equal(got, want) {
			t.Errorf("four clicks, one of them on the screen, give %q", got)
		}
	})
}

func TestInputTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var views atomic.Int64
		inputs := 0
		s := start(t, typing(&views), func(o *Options) { o.OnInput = func() { inputs++ } })
		s.press("abc\x1b[I\x1b[?2026;2$y")
		s.end()
		if inputs != 3 {
			t.Errorf("three keys count as %d", inputs)
		}
	})
}

// cancellable is an input whose pending read can be ended.
type cancellable struct {
	*io.PipeReader
	cancelled bool
}

func (c *cancellable) Cancel() bool {
	c.cancelled = true
	_ = c.CloseWithError(errors.New("cancelled"))
	return true
}

func TestCancellableInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		in := &cancellable{PipeReader: r}
		var views atomic.Int64
		s := start(t, typing(&views), func(o *Options) { o.In = in })
		go func() { _, _ = io.WriteString(w, "q") }()
		<-s.done
		if !in.cancelled || s.err != nil {
			t.Errorf("cancelled %v, %v", in.cancelled, s.err)
		}
	})
}

// TestEndWhileTheTickerStops ends a program in the half second in which Bubble
// Tea's ticker is being stopped.
func TestEndWhileTheTickerStops(t *testing.T) {
	for _, after := range []time.Duration{0, startTime - time.Millisecond, startTime, startTime + time.Millisecond, startTime + 400*time.Millisecond, startTime + time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var views atomic.Int64
			s := start(t, typing(&views))
			time.Sleep(after)
			begin := time.Now()
			s.press("q")
			s.wait()
			if took := time.Since(begin); s.err != nil || took > 500*time.Millisecond {
				t.Errorf("quitting after %v takes %v and gives %v", after, took, s.err)
			}
		})
	}
}
