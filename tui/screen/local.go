package screen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"
)

// ErrNoTerminal says that the standard input or output is not a terminal.
var ErrNoTerminal = errors.New("standard input and output must be a terminal")

// RunLocal is Run on the process's own terminal: standard input and output in
// raw mode, which is undone at the end. SIGINT, SIGTERM and SIGHUP end it
// cleanly, without an error; a second one ends the process. With no terminal
// there the error is ErrNoTerminal.
func RunLocal(ctx context.Context, model tea.Model) (last tea.Model, err error) {
	return runLocal(ctx, model, os.Stdin, os.Stdout, os.Environ())
}

func runLocal(ctx context.Context, model tea.Model, in, out *os.File, env []string) (last tea.Model, err error) {
	if !term.IsTerminal(in.Fd()) || !term.IsTerminal(out.Fd()) {
		return model, ErrNoTerminal
	}
	outer := ctx
	ctx, stop := signal.NotifyContext(outer, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal is not ours

	saved, err := term.MakeRaw(in.Fd())
	if err != nil {
		return model, fmt.Errorf("cannot put the terminal into raw mode: %w", err)
	}
	defer func() {
		if rerr := term.Restore(in.Fd(), saved); err == nil && rerr != nil {
			err = fmt.Errorf("cannot restore the terminal: %w", rerr)
		}
	}()

	reader, err := cancelreader.NewReader(in)
	if err != nil {
		return model, fmt.Errorf("cannot read from the terminal: %w", err)
	}
	defer func() { _ = reader.Close() }()

	sizeOf := func() Size {
		w, h, err := term.GetSize(out.Fd())
		if err != nil {
			return Size{}
		}
		return Size{w, h}
	}
	resize, unwatch := watchSize(sizeOf)
	defer unwatch()

	first := sizeOf()
	last, err = Run(ctx, model, Options{
		In:     reader,
		Out:    out,
		Width:  first.Width,
		Height: first.Height,
		Resize: resize,
		Term:   lookup(env, "TERM"),
		Env:    env,
	})
	if ctx.Err() != nil && outer.Err() == nil && errors.Is(err, context.Cause(ctx)) {
		err = nil // a signal
	}
	return last, err
}

// lookup finds a variable in an environment; the last one counts.
func lookup(env []string, name string) (value string) {
	for _, v := range env {
		if n, val, ok := strings.Cut(v, "="); ok && n == name {
			value = val
		}
	}
	return value
}
