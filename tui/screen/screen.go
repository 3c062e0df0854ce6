// Package screen runs Bubble Tea models on a terminal, over SSH or locally,
// and draws what they show.
//
// It keeps Bubble Tea's event loop, input events and components, and replaces
// what surrounds them. Bubble Tea's renderer ticks sixty times a second in
// every program and its input reader builds a key table of 150 KiB for each;
// one process here serves a thousand terminals. So:
//
//   - A frame is drawn when a message changed something, at once or 8 ms after
//     the frame before. Between messages nothing runs and nothing is written.
//   - A frame is one Write of the columns that changed.
//   - Every character on its way to the terminal passes an allowlist of
//     printable text and SGR sequences, so that no text of whatever origin can
//     act on a terminal.
//   - Input is cut into sequences of bounded length by one reader.
//
// Model.View is called once for each frame, not for each message. Within View
// every line starts in the default style, lines too long for the screen are
// cut, and lines past its height are not shown. Hyperlinks are not passed on.
//
// Some of Bubble Tea's commands do nothing here: Raw, Println, Exec, Suspend,
// reading the clipboard, and asking for the cursor's position, colour, or the
// terminal's name.
package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Limits of a screen's size, in columns and rows. Larger ones are clamped.
const (
	MaxWidth  = 500
	MaxHeight = 200
)

// Size is a terminal's size in columns and rows. It is an alias, so that
// sizes may come from a package that does not know this one.
type Size = struct{ Width, Height int }

// clamp makes s a size to draw on: 80×24 where it is not known.
func clamp(s Size) Size {
	if s.Width <= 0 {
		s.Width = 80
	}
	if s.Height <= 0 {
		s.Height = 24
	}
	return Size{min(s.Width, MaxWidth), min(s.Height, MaxHeight)}
}

// Options describes the terminal at the other end.
type Options struct {
	// In is the terminal's raw input. Its end ends the program. If it has a
	// method Cancel() bool that ends a pending read, Run calls it at the end
	// and waits for the read. Otherwise a read may outlast Run: whoever owns
	// In closes it then, which ends the last goroutine of the program.
	In io.Reader

	// Out gets one Write for each frame. A Write that blocks holds up the
	// program, and Run with it, until it returns: set a deadline on what lies
	// beneath, or close it.
	Out io.Writer

	Width, Height int // the first size; 0 is 80 or 24
	// Resize, if set, is told once what to call with each size from then on.
	// That never blocks, may be called from anywhere, and does nothing after
	// the end; of many sizes 20 a second and the last count.
	Resize func(changed func(Size))

	Term string   // TERM
	Env  []string // as NAME=value; COLORTERM and NO_COLOR count, others do not

	// OnInput, if set, is called for each key, mouse event and paste before
	// the model gets it; not for what the terminal sends by itself. It must
	// not block.
	OnInput func()

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// PanicError is a panic of a model or of one of its commands.
type PanicError struct {
	Value any
	Stack []byte // where it happened
}

func (e *PanicError) Error() string { return fmt.Sprintf("the program panicked: %v", e.Value) }

// errInputEnded is the cause of a program's end when its input ended.
var errInputEnded = errors.New("the terminal's input ended")

// Run runs model until it quits, In ends, Out fails, something panics or ctx
// is done, and leaves the terminal as it found it. It gives the model's last
// state, and nil as the error after a quit and after the end of In. Otherwise
// the error is a *PanicError, tea.ErrInterrupted, Out's error, or ctx's cause.
//
// A program that ends right after its start stays half a second at most for
// what the terminal has still to answer.
//
// Commands of the model that still run are not waited for; they should end
// with a context of their own.
func Run(ctx context.Context, model tea.Model, o Options) (tea.Model, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	size := clamp(Size{o.Width, o.Height})
	p := &program{
		model:  model,
		out:    o.Out,
		now:    o.Now,
		cancel: cancel,
		painter: painter{
			width:   size.Width,
			height:  size.Height,
			colours: colours{profile: profile(o.Term, o.Env)},
			term:    capabilities{modern: modernTerm(o.Term), notice: noticesOf(o.Term)},
		},
	}
	p.tea = tea.NewProgram(p,
		tea.WithContext(ctx),
		tea.WithInput(nil),
		tea.WithOutput(io.Discard),
		tea.WithEnvironment([]string{"TERM=" + o.Term}),
		tea.WithColorProfile(p.painter.colours.profile),
		tea.WithWindowSize(size.Width, size.Height),
		tea.WithoutRenderer(),
		tea.WithFPS(1),
		tea.WithFilter(p.filter),
		tea.WithoutSignalHandler(),
		tea.WithoutCatchPanics(),
	)
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(o.In, o.OnInput)
	}()
	if o.Resize != nil {
		p.sizes.send = func() { p.tea.Send(resizedMsg{}) }
		o.Resize(p.sizes.set)
	}

	_, err := p.tea.Run()
	ended := ctx.Err() != nil
	cause := context.Cause(ctx)
	cancel(nil)
	p.leave()
	p.sizes.stop()
	if !ended && !p.broken {
		p.asked.wait(o.Now(), read)
	}
	if c, ok := o.In.(interface{ Cancel() bool }); ok && c.Cancel() {
		<-read
	}
	p.ticker.stop()

	switch {
	case p.failed != nil:
		err = p.failed
	case errors.Is(err, tea.ErrInterrupted):
		err = tea.ErrInterrupted
	case !ended || errors.Is(cause, errInputEnded):
		err = nil
	default:
		err = cause
	}
	return p.model, err
}

// profile tells what colours a terminal shows. NO_COLOR counts with any value
// that is not empty (no-color.org), and leaves bold and the like.
func profile(term string, env []string) colorprofile.Profile {
	vars := []string{"TERM=" + term}
	for _, v := range env {
		switch name, value, _ := strings.Cut(v, "="); name {
		case "COLORTERM":
			vars = append(vars, v)
		case "NO_COLOR":
			if value != "" {
				vars = append(vars, "NO_COLOR=1")
			}
		}
	}
	if term == "" {
		return colorprofile.NoTTY
	}
	return colorprofile.Env(vars)
}
