package screen

import (
	"reflect"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// MaxCopy is how many bytes Copy sends at most. Terminals limit what they
// take, and half a text is worse than none.
const MaxCopy = 64 << 10

type (
	copyMsg   string
	bellMsg   struct{}
	noticeMsg string
)

// Copy puts text on the clipboard of whoever sits at the terminal (OSC 52). A
// terminal may refuse without a word, so show the text as well. Text of more
// than MaxCopy bytes is not sent. tea.SetClipboard does the same.
func Copy(text string) tea.Cmd {
	return func() tea.Msg { return copyMsg(text) }
}

// Bell rings the terminal's bell.
func Bell() tea.Msg { return bellMsg{} }

// Notify shows a desktop notification, in the form that the terminal's name
// promises it knows: OSC 99, 777 or 9. Where none is known to get through, as in
// tmux, it rings the bell. Others may beep or print it, so only people who asked
// for notifications should get them.
func Notify(text string) tea.Cmd {
	return func() tea.Msg { return noticeMsg(text) }
}

// Bubble Tea hides the types of some messages that its own renderer or input
// would act on. They are known by what makes them.
var (
	clipboardType = reflect.TypeOf(tea.SetClipboard("")())
	primaryType   = reflect.TypeOf(tea.SetPrimaryClipboard("")())
	printType     = reflect.TypeOf(tea.Println()())
	execType      = reflect.TypeOf(tea.Exec(nil, nil)())
	sequenceType  = reflect.TypeOf(tea.Sequence(tea.Quit, tea.Quit)())
)

// handle does what msg asks of the terminal and reports whether that was all
// there is to it, so that neither Bubble Tea nor the model sees it.
func (p *program) handle(msg tea.Msg) bool {
	switch m := msg.(type) {
	case copyMsg:
		p.copy(string(m))
		return true
	case bellMsg:
		p.write([]byte{ansi.BEL})
		return true
	case noticeMsg:
		if text := plainText(string(m), maxNotice); text != "" && p.painter.term.notice != noticeNone {
			p.write([]byte(p.painter.term.notice.sequence(text)))
		}
		return true
	case tea.ModeReportMsg:
		if m.Mode == ansi.ModeSynchronizedOutput {
			p.painter.term.sync = m.Value == ansi.ModeSet || m.Value == ansi.ModeReset
		}
		return true
	case tea.RawMsg, tea.SuspendMsg, tea.EnvMsg, tea.CapabilityMsg, tea.ColorProfileMsg, tea.WindowSizeMsg:
		// Raw bytes would bypass the allowlist; suspending would stop a whole
		// server; the others come from the program itself, once, unordered,
		// and the model has got its profile and size by then.
		return true
	case nil:
		return true
	}
	switch msg {
	case tea.ClearScreen():
		p.painter.whole = true
		p.dirty = true
		p.draw()
		return true
	case tea.RequestBackgroundColor():
		p.ask(ansi.RequestBackgroundColor)
		return true
	case tea.RequestForegroundColor():
		p.ask(ansi.RequestForegroundColor)
		return true
	case tea.RequestWindowSize():
		go p.tea.Send(resizeMsg{p.painter.width, p.painter.height})
		return true
	}
	switch reflect.TypeOf(msg) {
	case clipboardType:
		p.copy(reflect.ValueOf(msg).String())
		return true
	case primaryType, printType, execType:
		return true
	}
	return false
}

// noticeForm is how a terminal takes notifications.
type noticeForm uint8

const (
	noticeNone  noticeForm = iota
	noticeBell             // nothing better is sure to get through
	noticeITerm            // OSC 9, of iTerm2 and most others
	noticeKitty            // OSC 99
	noticeUrxvt            // OSC 777, of urxvt and those that followed it
)

// noticesOf tells the form from the terminal's type.
func noticesOf(term string) noticeForm {
	switch {
	case !modernTerm(term):
		return noticeNone
	case strings.HasPrefix(term, "tmux"), strings.HasPrefix(term, "screen"):
		return noticeBell
	case strings.Contains(term, "kitty"):
		return noticeKitty
	case strings.Contains(term, "rxvt"), strings.HasPrefix(term, "foot"):
		return noticeUrxvt
	}
	return noticeITerm
}

func (f noticeForm) sequence(text string) string {
	switch f {
	case noticeBell:
		return "\a"
	case noticeKitty:
		return "\x1b]99;;" + text + "\x1b\\"
	case noticeUrxvt:
		return "\x1b]777;notify;muster;" + text + "\x1b\\"
	case noticeITerm:
		return ansi.Notify(text)
	}
	return ""
}

func (p *program) copy(text string) {
	if p.painter.term.modern && len(text) <= MaxCopy {
		p.write([]byte(ansi.SetSystemClipboard(text)))
	}
}

// ask sends a question to terminals that answer or keep quiet.
func (p *program) ask(question string) {
	if p.painter.term.modern {
		p.write([]byte(question))
		p.asked.ask(p.now())
	}
}
