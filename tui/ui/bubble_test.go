package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"muster/tui/theme"
)

// What a bubble shows arrives with its looks, and a name from a disk cannot act
// on the terminal.
func TestViewOfABubble(t *testing.T) {
	th := theme.New(theme.Dark, theme.TwoFiftySix)
	ink := func(s theme.Style, text string) string { return theme.Ink(s).Render(text) }
	for _, c := range []struct{ view, same string }{
		{ink(theme.Key, "q") + " quit", "key q"},
		{"plain\n" + ink(theme.Danger|theme.Bold, "red"), "danger"},
	} {
		var pool Pool
		got := pool.Draw(th, 20, 2, func(r Region) { r.View(0, 0, c.view, theme.Text) }).Content
		want := pool.Draw(th, 20, 2, func(r Region) {
			switch c.same {
			case "key q":
				r.Text(r.Text(0, 0, "q", theme.Key), 0, " quit", theme.Text)
			default:
				r.Text(0, 0, "plain", theme.Text)
				r.Text(0, 1, "red", theme.Danger|theme.Bold)
			}
		}).Content
		if got != want {
			t.Errorf("%q is drawn as %q, want %q", c.view, got, want)
		}
	}
	for _, evil := range []string{"\x1b[2Jx", "\x1b]52;c;eA==\x07", "\x1b[38;2;255;0;0mx", "\x1b", "a\x1b[m\x1b[?25l"} {
		var pool Pool
		got := pool.Draw(th, 40, 1, func(r Region) { r.View(0, 0, evil, theme.Text) }).Content
		if strings.ContainsAny(got, "\x1b\x07") {
			t.Errorf("%q gets through as %q", evil, got)
		}
	}
}

func TestShortHelpFits(t *testing.T) {
	var s Stack
	s.Push(&Picker{}) // ↑↓ move, enter choose, esc close
	for w, want := range map[int]string{60: "↑↓ move  enter choose  esc close", 26: "↑↓ move  enter choose …"} {
		if got := drawn(w, 1, s.ShortHelp); ansi.Strip(got) != want {
			t.Errorf("in %d columns: %q, want %q", w, got, want)
		}
	}
}

// A spinner turns only while something is waited for, and shows only once that
// takes long.
func TestSpinnerTurnsWhileWaiting(t *testing.T) {
	var s Stack
	if s.Wait() != nil {
		t.Fatal("something ticks without a dialog")
	}
	c := (&Confirm{Title: "Remove", Yes: "remove", Do: func() tea.Cmd { return nil }})
	s.Push(c)
	if s.Wait() != nil {
		t.Fatal("something ticks though nothing is waited for")
	}
	c.Await()
	began := time.Now()
	cmd := s.Wait()
	if cmd == nil || s.Wait() != nil {
		t.Fatal("want one tick at a time")
	}
	show := func() string { return drawn(40, 10, func(r Region) { s.Draw(r, time.Time{}) }) }
	turning := func() bool { return strings.ContainsAny(show(), "⠋⠙⠹⠸") }
	if turning() {
		t.Error("it shows at once")
	}
	msg, ok := cmd().(SpinMsg)
	if !ok || time.Since(began) < LoadingAfter {
		t.Errorf("the first tick is %v after %v", msg, time.Since(began))
	}
	next := s.Spin(msg)
	if next == nil || !turning() {
		t.Errorf("it does not turn:\n%s", show())
	}
	msg = next().(SpinMsg)
	next = s.Spin(msg)
	if next == nil || s.Spin(msg) != nil {
		t.Error("an old tick begins a second row of ticks")
	}
	c.Tell(nil, time.Time{})
	if s.Wait() != nil || turning() || s.Spin(next().(SpinMsg)) != nil {
		t.Error("it turns on after the answer")
	}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		done, total int
		want        string
	}{{0, 0, "░░░░"}, {1, 2, "██░░"}, {2, 2, "████"}, {9, 2, "████"}} {
		if got := Progress(4, c.done, c.total).Text; got != c.want {
			t.Errorf("%d of %d is %q, want %q", c.done, c.total, got, c.want)
		}
	}
}

func TestFilePicker(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"people.csv", "notes.pdf", "evil\x1b[2J.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lists", "locked"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lists", "more.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}

	chosen := ""
	var s Stack
	f := NewFilePicker("Choose a list", dir, ".csv")
	f.Choose = func(path string) tea.Cmd { chosen = path; return nil }
	id := s.Push(f)
	run := func(cmd tea.Cmd) {
		for cmd != nil {
			cmd = s.File(cmd().(FileMsg))
		}
	}
	keys := func(names ...string) {
		var p Presses
		for i, name := range names {
			run(s.Key(p.Next(press(name), noon.Add(time.Duration(i)*time.Second))))
		}
	}
	show := func() string { return drawn(60, 20, func(r Region) { s.Draw(r, noon) }) }

	first := f.Open()
	if !strings.Contains(show(), "looking …") || !f.Waits() {
		t.Errorf("before the folder is read:\n%s", show())
	}
	// Keys that come while the disk is read wait for it.
	early, _ := f.Key(Press{KeyPressMsg: press("down"), Now: noon})
	if early != nil {
		t.Error("two commands read the disk at once")
	}
	run(first)
	got := show()
	for _, want := range []string{"lists", "locked", "people.csv", "notes.pdf", "evil�[2J.csv"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if !strings.Contains(got, "▌") || f.picker.HighlightedPath() != filepath.Join(dir, "locked") {
		t.Errorf("the key pressed early was lost: on %s\n%s", f.picker.HighlightedPath(), got)
	}
	// A folder that cannot be read is said to be so, and does not show the files
	// of the one before it.
	if err := os.RemoveAll(filepath.Join(dir, "locked")); err != nil {
		t.Fatal(err)
	}
	keys("enter")
	if got := show(); !strings.Contains(got, "cannot open locked") || f.picker.CurrentDirectory != dir {
		t.Errorf("a folder that is gone:\n%s", got)
	}
	keys("up", "enter")
	if got := show(); !strings.Contains(got, "more.csv") || strings.Contains(got, "people.csv") || strings.Contains(got, "cannot open") {
		t.Errorf("in the folder:\n%s", got)
	}
	keys("left", "G", "enter")
	if chosen != filepath.Join(dir, "people.csv") || s.TopID() == id {
		t.Errorf("chosen %q, dialog %d open", chosen, s.TopID())
	}
}
