package screen

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

const (
	// frameGap is the least time between two frames, but for a few that follow
	// the first after a rest: what a key or a change leads to often comes in
	// answers a moment after its own frame, which may have shown nothing yet.
	frameGap = 8 * time.Millisecond
	restful  = 100 * time.Millisecond
	burst    = 2

	// startTime is how long a program runs before Bubble Tea's ticker is stopped,
	// so that short ones end without waiting for that.
	startTime = 2 * time.Second
)

type (
	frameMsg  struct{}
	resizeMsg Size

	resizedMsg struct{} // sizes has one
)

// program is the model that Bubble Tea runs in place of the real one. Bubble
// Tea calls its View after each Update, which is where frames are drawn: after
// the commands of that Update have started. All methods but read run in Bubble
// Tea's event loop, and then in Run.
type program struct {
	model   tea.Model
	tea     *tea.Program
	out     io.Writer
	now     func() time.Time
	cancel  context.CancelCauseFunc
	painter painter
	asked   questions
	sizes   sizes

	dirty    bool // the model changed since the last frame
	drawn    bool // there was a frame
	last     time.Time
	free     int         // frames that need not wait
	timer    *time.Timer // set while a frame waits for its turn
	onMouse  func(tea.MouseMsg) tea.Cmd
	quitting bool
	failed   error
	broken   bool // out is
	ticker   tickerStop
}

// Init hands the model its colour profile and size before anything else can
// reach it, so that its first view fits.
func (p *program) Init() (cmd tea.Cmd) {
	defer p.recover()
	cmds := []tea.Cmd{p.model.Init()}
	p.dirty = true
	for _, msg := range []tea.Msg{
		tea.ColorProfileMsg{Profile: p.painter.colours.profile},
		tea.WindowSizeMsg{Width: p.painter.width, Height: p.painter.height},
	} {
		var c tea.Cmd
		p.model, c = p.model.Update(msg)
		cmds = append(cmds, c)
	}
	p.ticker.start(p.tea)
	return guard(tea.Batch(cmds...))
}

// filter sees every message before Bubble Tea does, and takes those that are
// meant for the terminal.
func (p *program) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch m := msg.(type) {
	case tea.QuitMsg, tea.InterruptMsg:
		p.quitting = true
		return msg
	case panicMsg:
		p.fail(m.err)
		return nil
	case tea.BatchMsg:
		p.start(m)
		return nil
	}
	if p.failed != nil || p.handle(msg) {
		return nil
	}
	return msg
}

// start runs the commands of a batch. Bubble Tea does the same and keeps one
// goroutine more until the last of them has ended, which for the one that waits
// for changes is the whole session.
func (p *program) start(cmds tea.BatchMsg) {
	for _, cmd := range cmds {
		if cmd != nil {
			go func() { p.tea.Send(cmd()) }()
		}
	}
}

func (p *program) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	if p.failed != nil {
		return p, nil
	}
	defer p.recover()
	var also tea.Cmd
	if _, ok := msg.(resizedMsg); ok {
		msg = resizeMsg(p.sizes.take())
	}
	switch m := msg.(type) {
	case frameMsg:
		p.timer = nil
		p.free = max(p.free, 1)
		return p, nil
	case resizeMsg:
		// Also when the size is what it was: sizes between may have been left
		// out, and a terminal that was smaller for a moment has lost what did
		// not fit.
		p.painter.width, p.painter.height = m.Width, m.Height
		p.painter.whole = true
		msg = tea.WindowSizeMsg{Width: m.Width, Height: m.Height}
	case tea.MouseMsg:
		at := m.Mouse()
		if at.X < 0 || at.Y < 0 || at.X >= p.painter.width || at.Y >= p.painter.height {
			return p, nil
		}
		if p.onMouse != nil {
			also = p.onMouse(m)
		}
	}
	p.dirty = true
	p.model, cmd = p.model.Update(msg)
	return p, guard(tea.Batch(also, cmd))
}

// View draws if it is time to. What it returns is never shown.
func (p *program) View() tea.View {
	p.draw()
	return tea.View{}
}

// draw draws a frame if the model changed: at once if the last frame is old
// enough, else when it is.
func (p *program) draw() {
	if !p.dirty || p.failed != nil {
		return
	}
	if p.quitting {
		if p.painter.modes.alt { // nobody would see it
			return
		}
	} else if p.timer != nil {
		return
	}
	defer p.recover()
	now := p.now()
	if wait := frameGap - now.Sub(p.last); p.drawn && wait > 0 && p.free == 0 && !p.quitting {
		p.timer = time.AfterFunc(min(wait, frameGap), func() { p.tea.Send(frameMsg{}) })
		return
	}
	p.dirty = false
	first := !p.painter.modes.entered
	view := p.model.View()
	p.onMouse = view.OnMouse
	p.write(p.painter.frame(&view))
	if first && p.painter.term.modern { // the first frame asks for mode 2026
		p.asked.ask(now)
	}
	if !p.drawn || now.Sub(p.last) > restful {
		p.free = burst
	} else {
		p.free = max(p.free-1, 0)
	}
	p.drawn, p.last = true, now
}

func (p *program) write(b []byte) {
	if len(b) == 0 {
		return
	}
	if _, err := p.out.Write(b); err != nil {
		p.broken = true
		p.fail(fmt.Errorf("cannot write to the terminal: %w", err))
	}
}

// leave restores the terminal, unless it is out of reach.
func (p *program) leave() {
	if p.timer != nil {
		p.timer.Stop()
	}
	if b := p.painter.leave(nil); !p.broken && len(b) > 0 {
		_, _ = p.out.Write(b)
	}
}

// fail ends the program with err; the first one counts.
func (p *program) fail(err error) {
	if p.failed == nil {
		p.failed = err
	}
	p.cancel(err)
}

// recover turns a panic of the model into the end of the program.
func (p *program) recover() {
	if r := recover(); r != nil {
		p.fail(&PanicError{Value: r, Stack: debug.Stack()})
	}
}

// read feeds the input to the model until it ends. It may outlast the program
// by one read.
func (p *program) read(in io.Reader, onInput func()) {
	d := decoder{
		emit: func(ev uv.Event) {
			p.asked.heard(ev)
			p.tea.Send(ev)
		},
		onInput: onInput,
		fail:    func(err error) { p.cancel(err) },
	}
	defer p.cancel(errInputEnded)
	defer d.close()
	buf := make([]byte, readSize)
	for {
		n, err := in.Read(buf)
		d.feed(buf[:n])
		if err != nil {
			return
		}
	}
}

// panicMsg is the panic of a command, on its way to the event loop.
type panicMsg struct{ err *PanicError }

// guard makes a command's panic end its program and nothing else, however deep
// in batches and sequences it is.
func guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = panicMsg{&PanicError{Value: r, Stack: debug.Stack()}}
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			guarded := make(tea.BatchMsg, len(batch))
			for i, c := range batch {
				guarded[i] = guard(c)
			}
			return guarded
		}
		if reflect.TypeOf(msg) == sequenceType {
			cmds := reflect.ValueOf(msg)
			guarded := make([]tea.Cmd, cmds.Len())
			for i := range guarded {
				guarded[i] = guard(cmds.Index(i).Interface().(tea.Cmd))
			}
			return tea.Sequence(guarded...)()
		}
		return msg
	}
}

// tickerStop stops the ticker that Bubble Tea starts for each program even
// without a renderer. Releasing the terminal is the only way to that; with
// neither input nor renderer it does nothing else, but takes half a second.
type tickerStop struct {
	timer *time.Timer
	done  chan struct{}
}

func (t *tickerStop) start(p *tea.Program) {
	t.done = make(chan struct{})
	t.timer = time.AfterFunc(startTime, func() {
		defer close(t.done)
		_ = p.ReleaseTerminal()
	})
}

// stop waits for a release that has begun.
func (t *tickerStop) stop() {
	if t.timer != nil && !t.timer.Stop() {
		<-t.done
	}
}
