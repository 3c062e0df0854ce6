package screen

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

func TestModesChangeOnce(t *testing.T) {
	p := newPainter(40, 5)
	p.paint(screenView("content"))
	with := func(change func(*tea.View)) tea.View {
		v := screenView("content")
		change(&v)
		return v
	}
	for _, c := range []struct {
		name    string
		change  func(*tea.View)
		on, off string
	}{
		{"mouse", func(v *tea.View) { v.MouseMode = tea.MouseModeCellMotion }, "\x1b[?1002h\x1b[?1006h", "\x1b[?1002l\x1b[?1006l"},
		{"all mouse motion", func(v *tea.View) { v.MouseMode = tea.MouseModeAllMotion }, "\x1b[?1003h\x1b[?1006h", "\x1b[?1003l\x1b[?1006l"},
		{"focus", func(v *tea.View) { v.ReportFocus = true }, "\x1b[?1004h", "\x1b[?1004l"},
		{"no paste", func(v *tea.View) { v.DisableBracketedPasteMode = true }, "\x1b[?2004l", "\x1b[?2004h"},
		{"key releases", func(v *tea.View) { v.KeyboardEnhancements.ReportEventTypes = true },
			"\x1b[<1u\x1b[>4m\x1b[>3u\x1b[?u\x1b[>4;1m", "\x1b[<1u\x1b[>4m\x1b[>1u\x1b[?u\x1b[>4;1m"},
		{"title", func(v *tea.View) { v.WindowTitle = "muster" }, "\x1b[22;2t\x1b]2;muster\a", "\x1b]2;\a"},
		{"title that would act", func(v *tea.View) { v.WindowTitle = "a\x1b\\\a\u202eb\x1b[31m" + strings.Repeat("x", 1000) },
			"\x1b]2;a␛\\␇b␛[31m" + strings.Repeat("x", maxTitle-len("a␛\\␇b␛[31m")) + "\a", "\x1b]2;\a"},
		{"colours", func(v *tea.View) { v.ForegroundColor, v.BackgroundColor = rgbColour{1, 2, 3}, rgbColour{255, 0, 16} },
			"\x1b]10;#010203\a\x1b]11;#ff0010\a", "\x1b]110\a\x1b]111\a"},
		{"cursor", func(v *tea.View) { v.Cursor = tea.NewCursor(3, 1) }, "\x1b[2;4H\x1b[?25h", "\x1b[?25l"},
		{"bar cursor", func(v *tea.View) { v.Cursor = tea.NewCursor(3, 1); v.Cursor.Shape = tea.CursorBar },
			"\x1b[2;4H\x1b[5 q\x1b[?25h", "\x1b[?25l"},
		{"steady block out of bounds", func(v *tea.View) { v.Cursor = tea.NewCursor(300, -1); v.Cursor.Blink = false },
			"\x1b[1;40H\x1b[2 q\x1b[?25h", "\x1b[?25l"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := p.paint(with(c.change)); got != c.on {
				t.Errorf("on is %q, want %q", got, c.on)
			}
			if got := p.paint(with(c.change)); got != "" {
				t.Errorf("the same again is %q", got)
			}
			if got := p.paint(screenView("content")); got != c.off {
				t.Errorf("off is %q, want %q", got, c.off)
			}
		})
	}
}

func TestCursorStaysBehindWhatIsDrawn(t *testing.T) {
	p := newPainter(40, 5)
	e := newTerminal(t, 40, 5)
	v := screenView("name: ", "")
	for i, typed := range []string{"", "A", "Ad", "Ada", "Ada"} {
		v.Content = "name: " + typed + "\nfooter"
		v.Cursor = tea.NewCursor(6+len(typed), 0)
		out := p.paint(v)
		_, _ = e.WriteString(out)
		if at := e.CursorPosition(); at.X != 6+len(typed) || at.Y != 0 {
			t.Errorf("after %q the cursor is at %v", typed, at)
		}
		if i > 0 && i < 4 && !strings.HasPrefix(out, "\x1b[?25l") {
			t.Errorf("the cursor is seen running about: %q", out)
		}
	}
}

func TestWithoutAlternateScreen(t *testing.T) {
	p := newPainter(20, 5)
	out := p.paint(tea.View{Content: "one\ntwo"})
	if strings.Contains(out, "1049") || !strings.Contains(out, "one\r\ntwo") {
		t.Errorf("the main screen gets %q", out)
	}
	if out := p.paint(screenView("one", "two")); !strings.HasPrefix(out, "\x1b[<1u\x1b[>4m\x1b[?1049h\x1b[>1u") || !strings.Contains(out, "one") {
		t.Errorf("the way to the alternate screen is %q", out)
	}
	if out := p.paint(tea.View{Content: "one\ntwo"}); !strings.HasPrefix(out, "\x1b[<1u\x1b[>4m\x1b[?1049l\x1b[>1u") || !strings.Contains(out, "one") {
		t.Errorf("the way back is %q", out)
	}
	if out := string(p.leave(nil)); strings.Contains(out, "1049") || !strings.Contains(out, "\x1b[2H\r\n\x1b[J\x1b[?25h") {
		t.Errorf("leaving writes %q", out)
	}
}

// TestOldTerminals checks that those which would print parts of it are not
// asked questions and get no strings.
func TestOldTerminals(t *testing.T) {
	for _, name := range []string{"linux", "dumb", "", "vt100", "vt220", "ansi"} {
		p := newPainter(40, 5)
		p.term.modern = modernTerm(name)
		out := p.paint(everything()) + p.paint(screenView("1", "2", "3", "4", "5")) +
			p.paint(screenView("2", "3", "4", "5", "6")) + string(p.leave(nil))
		for _, seq := range []string{"\x1b]", "S\x1b", "$p", "u\x1b", ">4", "22;2t", " q"} {
			if strings.Contains(out, seq) {
				t.Errorf("TERM=%q gets %q in %q", name, seq, out)
			}
		}
	}
	p := newPainter(40, 5)
	p.paint(screenView("1", "2", "3", "4", "5"))
	if out := p.paint(screenView("2", "3", "4", "5", "6")); out != "\x1b[1;5r\x1b[1S\x1b[r\x1b[5H6" {
		t.Errorf("others scroll by %q", out)
	}
	for _, name := range []string{"xterm", "xterm-256color", "tmux-256color", "screen", "foot", "vte-256color"} {
		if !modernTerm(name) {
			t.Errorf("TERM=%q counts as old", name)
		}
	}
}

func TestSynchronizedOutputIsUsedWhereReported(t *testing.T) {
	for answer, want := range map[string]bool{
		"\x1b[?2026;2$y": true, "\x1b[?2026;1$y": true, "\x1b[?2026;0$y": false, "\x1b[?2026;4$y": false, "": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			filled := false
			s := start(t, &model{
				update: func(msg tea.Msg) tea.Cmd {
					switch msg.(type) {
					case tea.KeyPressMsg:
						filled = true
					case tea.ModeReportMsg:
						t.Error("the model gets the terminal's answer")
					}
					return nil
				},
				view: func() tea.View {
					if filled {
						return screenView(strings.Repeat(strings.Repeat("x", 80)+"\n", syncFrom/80+1))
					}
					return screenView("content")
				},
			}, func(o *Options) { o.Width, o.Height = 80, 24 })
			if w := s.out.take(); len(w) != 1 || strings.Count(w[0], "\x1b[?2026$p") != 1 {
				t.Errorf("the first frame is %q", w)
			}
			time.Sleep(time.Second)
			s.press(answer)
			s.press("x")
			w := s.out.take()
			if got := len(w) == 1 && strings.HasPrefix(w[0], setSync) && strings.HasSuffix(w[0], resetSync); got != want {
				t.Errorf("after %q a frame is %q", answer, w)
			}
			s.end()
		})
	}
}

func TestCommands(t *testing.T) {
	clip := func(s string) string { return "\x1b]52;c;" + s + "\a" }
	for _, c := range []struct {
		name string
		cmd  tea.Cmd
		want string
		term string
	}{
		{"copy", Copy("Ada\x1b[2J"), clip("QWRhG1sySg=="), ""},
		{"Bubble Tea's copy", tea.SetClipboard("Ada"), clip("QWRh"), ""},
		{"copy too much", Copy(strings.Repeat("x", MaxCopy+1)), "", ""},
		{"copy on the console", Copy("Ada"), "", "linux"},
		{"bell", Bell, "\a", ""},
		{"bell on the console", Bell, "\a", "linux"},
		{"notification", Notify("3 requests\x1b\\\a\u202e wait"), "\x1b]9;3 requests␛\\␇ wait\a", ""},
		{"empty notification", Notify("\u200b"), "", ""},
		{"notification on the console", Notify("hello"), "", "linux"},
		{"notification in kitty", Notify("3; requests\x1b"), "\x1b]99;;3; requests␛\x1b\\", "xterm-kitty"},
		{"notification in foot", Notify("hello"), "\x1b]777;notify;muster;hello\x1b\\", "foot"},
		{"notification in tmux", Notify("hello"), "\a", "tmux-256color"},
		{"notification in screen", Notify("hello"), "\a", "screen.xterm-256color"},
		{"background", tea.RequestBackgroundColor, "\x1b]11;?\a", ""},
		{"background on the console", tea.RequestBackgroundColor, "", "linux"},
		{"foreground", tea.RequestForegroundColor, "\x1b]10;?\a", ""},
		{"clear", tea.ClearScreen, "\x1b[H\x1b[2Jcontent", ""},
		{"batch", tea.Batch(Bell, Bell), "\a\a", ""},
		{"sequence", tea.Sequence(Bell, Copy("Ada")), "\a" + clip("QWRh"), ""},
		{"raw", tea.Raw("\x1b[2J"), "", ""},
		{"print", tea.Println("hello"), "", ""},
		{"primary", tea.SetPrimaryClipboard("Ada"), "", ""},
		{"read", func() tea.Msg { return tea.ReadClipboard() }, "", ""},
		{"suspend", tea.Suspend, "", ""},
		{"exec", tea.Exec(tea.ExecCommand(notRun{t}), nil), "", ""},
		{"version", tea.RequestTerminalVersion, "", ""},
		{"nothing", func() tea.Msg { return nil }, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, &model{update: func(msg tea.Msg) tea.Cmd {
					if _, ok := msg.(tea.KeyPressMsg); ok {
						return c.cmd
					}
					return nil
				}}, func(o *Options) {
					if c.term != "" {
						o.Term = c.term
					}
				})
				time.Sleep(time.Second)
				s.out.take()
				s.press("x")
				time.Sleep(time.Second)
				if got := strings.Join(s.out.take(), ""); got != c.want {
					t.Errorf("it writes %q, want %q", got, c.want)
				}
				s.end()
			})
		})
	}
}

// notRun is a command for tea.Exec that fails the test if it runs.
type notRun struct{ t *testing.T }

func (n notRun) Run() error          { n.t.Error("a command was run"); return nil }
func (n notRun) SetStdin(io.Reader)  {}
func (n notRun) SetStdout(io.Writer) {}
func (n notRun) SetStderr(io.Writer) {}

func TestBackgroundAnswerReachesTheModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dark []bool
		s := start(t, &model{update: func(msg tea.Msg) tea.Cmd {
			if m, ok := msg.(tea.BackgroundColorMsg); ok {
				dark = append(dark, m.IsDark())
			}
			return nil
		}})
		s.press(ansi.SetBackgroundColor("rgb:ffff/ffff/eeee") + ansi.SetBackgroundColor("rgb:0000/0000/1111"))
		s.end()
		if len(dark) != 2 || dark[0] || !dark[1] {
			t.Errorf("a light and a dark background arrive as %v", dark)
		}
	})
}

func TestWindowSizeOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []tea.WindowSizeMsg
		s := start(t, &model{
			init: tea.RequestWindowSize,
			update: func(msg tea.Msg) tea.Cmd {
				if m, ok := msg.(tea.WindowSizeMsg); ok {
					sizes = append(sizes, m)
				}
				return nil
			},
		})
		s.end()
		if len(sizes) != 2 || sizes[1] != (tea.WindowSizeMsg{Width: 40, Height: 5}) {
			t.Errorf("the sizes are %v", sizes)
		}
	})
}
