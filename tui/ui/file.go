package ui

import (
	"os"
	"path/filepath"
	"time"

	"charm.land/bubbles/v2/filepicker"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"muster/models"
	"muster/tui/theme"
)

// FilePicker is a dialog to choose a file of the machine that the app runs on. It
// is for an app that runs on the person's own machine and for no other: nobody
// looks through a server's files.
//
// A bubbles filepicker reads the disk where it draws and where it handles a key.
// Here all of that happens in commands, one at a time; the dialog shows what the
// last one brought.
type FilePicker struct {
	Title string
	// Choose makes the command for the path of a file. The dialog closes first.
	Choose func(path string) tea.Cmd

	picker filepicker.Model
	shown  string // its view
	failed string
	height int
	queue  []tea.KeyPressMsg // pressed while a command runs
	busy   bool
	opened bool
}

// FileMsg brings what the disk says to a FilePicker. The app hands it to
// Stack.File.
type FileMsg struct {
	to     *FilePicker
	picker filepicker.Model
	shown  string
	chosen string
	err    error
}

// fileKeys are those of the picker in the words of the other lists. esc closes
// the dialog.
var fileKeys = filepicker.KeyMap{
	GoToTop:  key.NewBinding(key.WithKeys("g", "home")),
	GoToLast: key.NewBinding(key.WithKeys("G", "end")),
	Down:     key.NewBinding(key.WithKeys("j", "down", "ctrl+n")),
	Up:       key.NewBinding(key.WithKeys("k", "up", "ctrl+p")),
	PageUp:   key.NewBinding(key.WithKeys("pgup")),
	PageDown: key.NewBinding(key.WithKeys("pgdown")),
	Back:     key.NewBinding(key.WithKeys("h", "left", "backspace")),
	Open:     key.NewBinding(key.WithKeys("l", "right", "enter")),
	Select:   key.NewBinding(key.WithKeys("enter")),
}

// fileRows is how many files are seen at once, where there is room.
const fileRows = 14

// NewFilePicker makes a picker that begins in a folder ("" is the one that the
// app runs in) and takes files whose
// names end in one of types, or any if there are none. Open loads it.
func NewFilePicker(title, dir string, types ...string) *FilePicker {
	p := filepicker.New()
	p.CurrentDirectory, p.AllowedTypes, p.KeyMap = dir, types, fileKeys
	p.ShowPermissions, p.AutoHeight, p.Cursor = false, false, "▌"
	p.SetHeight(fileRows)
	p.Styles = filepicker.Styles{
		Cursor:           theme.Ink(theme.Accent),
		DisabledCursor:   theme.Ink(theme.Muted),
		Selected:         theme.Ink(theme.Text | theme.Bold),
		DisabledSelected: theme.Ink(theme.Disabled),
		Directory:        theme.Ink(theme.Key),
		Symlink:          theme.Ink(theme.Text),
		File:             theme.Ink(theme.Text),
		DisabledFile:     theme.Ink(theme.Disabled),
		FileSize:         theme.Ink(theme.Muted).Width(8).AlignHorizontal(lipgloss.Right),
		EmptyDirectory:   theme.Ink(theme.Muted).SetString("  no files here"),
	}
	return &FilePicker{Title: title, picker: p, height: fileRows}
}

// Open loads the first folder. Run what it gives when the dialog is shown.
func (f *FilePicker) Open() tea.Cmd {
	f.busy = true
	p := f.picker
	return func() tea.Msg {
		dir, err := filepath.Abs(p.CurrentDirectory)
		if err == nil {
			_, err = os.ReadDir(dir)
		}
		if err != nil {
			return FileMsg{to: f, picker: p, err: err}
		}
		p.CurrentDirectory = dir
		p, _ = p.Update(p.Init()())
		return FileMsg{to: f, picker: p, shown: p.View()}
	}
}

// step hands a key to the picker, off the screen's own time.
func (f *FilePicker) step(k tea.KeyPressMsg) tea.Cmd {
	if f.busy {
		if len(f.queue) < 32 {
			f.queue = append(f.queue, k)
		}
		return nil
	}
	f.busy = true
	p := f.picker
	p.SetHeight(f.height)
	return func() tea.Msg {
		// The picker keeps showing the old folder's files where it cannot read the
		// new one, so it is asked first.
		next := ""
		switch {
		case key.Matches(k, p.KeyMap.Open):
			next = p.HighlightedPath()
		case key.Matches(k, p.KeyMap.Back):
			next = filepath.Dir(p.CurrentDirectory)
		}
		if info, err := os.Stat(next); next != "" && (err != nil || info.IsDir()) {
			if err == nil {
				_, err = os.ReadDir(next)
			}
			if err != nil {
				return FileMsg{to: f, picker: p, shown: p.View(), err: err}
			}
		}
		p, cmd := p.Update(k)
		msg := FileMsg{to: f}
		if ok, path := p.DidSelectFile(k); ok {
			msg.chosen = path
		}
		if cmd != nil {
			p, _ = p.Update(cmd())
		}
		msg.picker, msg.shown = p, p.View()
		return msg
	}
}

// File gives what the disk says to the FilePicker that asked, and closes it when
// a file is chosen.
func (s *Stack) File(m FileMsg) tea.Cmd {
	for _, o := range s.open {
		if o.d != Dialog(m.to) {
			continue
		}
		f := m.to
		f.busy, f.opened, f.picker, f.shown, f.failed = false, true, m.picker, m.shown, ""
		if m.err != nil {
			f.failed = "cannot open: " + models.AsError(m.err).Message
			if pe, ok := m.err.(*os.PathError); ok {
				f.failed = "cannot open " + filepath.Base(pe.Path) + ": " + pe.Err.Error()
			}
		}
		if m.chosen != "" {
			s.Close(o.id)
			return f.Choose(m.chosen)
		}
		if len(f.queue) > 0 {
			k := f.queue[0]
			f.queue = f.queue[1:]
			return f.step(k)
		}
		return nil
	}
	return nil // closed meanwhile
}

// Waits implements Waiting.
func (f *FilePicker) Waits() bool { return f.busy }

// Key implements Dialog.
func (f *FilePicker) Key(k Press) (tea.Cmd, bool) {
	switch k.String() {
	case "esc", "q":
		return nil, true
	case "enter":
		if k.Repeat {
			return nil, false
		}
	}
	return f.step(k.KeyPressMsg), false
}

// Paste implements Dialog.
func (f *FilePicker) Paste(string) {}

// Click implements Dialog.
func (f *FilePicker) Click(any, int, int, time.Time) (tea.Cmd, bool) { return nil, false }

// Draw implements Dialog.
func (f *FilePicker) Draw(r Region, _ time.Time) {
	width := min(72, r.W-6)
	f.height = max(min(fileRows, r.H-6), 1)
	in := panel(r, f.Title, width, f.height+2, false)
	dir := f.picker.CurrentDirectory
	if over := Width(dir) - in.W; over > 0 { // its end tells more
		dir = "…" + ansi.TruncateLeft(Clean(dir), over+1, "")
	}
	in.Text(0, 0, dir, theme.Muted)
	body := in.Sub(0, 1, in.W, in.H-2)
	switch {
	case f.shown != "":
		body.View(0, 0, f.shown, theme.Text)
	case !f.opened:
		body.Text(0, 0, "looking …", theme.Muted)
	}
	if f.failed != "" {
		in.Text(0, in.H-1, "✗ "+f.failed, theme.Danger)
	}
}

// Hints implements Dialog.
func (f *FilePicker) Hints() []Hint {
	return []Hint{{"↑↓", "move"}, {"enter", "open or choose"}, {"←", "folder above"}, {"esc", "close"}}
}
