//go:build unix

package screen

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

// viewer keeps what arrives at the far end of a pseudo-terminal.
type viewer struct {
	mu   sync.Mutex
	seen strings.Builder
	more chan struct{}
}

func watch(r io.Reader) *viewer {
	v := &viewer{more: make(chan struct{}, 1)}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			v.mu.Lock()
			v.seen.Write(buf[:n])
			v.mu.Unlock()
			select {
			case v.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return v
}

// until waits for something to be seen.
func (v *viewer) until(t *testing.T, what string) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		v.mu.Lock()
		seen := v.seen.String()
		v.mu.Unlock()
		if strings.Contains(seen, what) {
			return
		}
		select {
		case <-v.more:
		case <-deadline:
			t.Fatalf("%q is not among %q", what, seen)
		}
	}
}

func TestLocal(t *testing.T) {
	kill := func(sig syscall.Signal) func(*os.File, context.CancelFunc) {
		return func(*os.File, context.CancelFunc) { _ = syscall.Kill(os.Getpid(), sig) }
	}
	for _, c := range []struct {
		name string
		end  func(*os.File, context.CancelFunc)
		want error
	}{
		{"quit", func(f *os.File, _ context.CancelFunc) { _, _ = f.WriteString("q") }, nil},
		{"SIGTERM", kill(syscall.SIGTERM), nil},
		{"SIGHUP", kill(syscall.SIGHUP), nil},
		{"SIGINT", kill(syscall.SIGINT), nil},
		{"context", func(_ *os.File, cancel context.CancelFunc) { cancel() }, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			far, tty, err := pty.Open()
			if err != nil {
				t.Skip("no pseudo-terminal here:", err)
			}
			defer func() { _ = far.Close() }()
			defer func() { _ = tty.Close() }()
			if err := pty.Setsize(far, &pty.Winsize{Cols: 60, Rows: 10}); err != nil {
				t.Fatal(err)
			}
			before, err := term.GetState(tty.Fd())
			if err != nil {
				t.Fatal(err)
			}
			v := watch(far)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			size := ""
			m := &model{
				update: func(msg tea.Msg) tea.Cmd {
					switch msg := msg.(type) {
					case tea.WindowSizeMsg:
						size = strings.Repeat("w", msg.Width) + strings.Repeat("\nh", msg.Height-1)
					case tea.KeyPressMsg:
						if msg.String() == "q" {
							return tea.Quit
						}
					}
					return nil
				},
				view: func() tea.View { return screenView(size) },
			}
			done := make(chan error)
			go func() {
				_, err := runLocal(ctx, m, tty, tty, []string{"TERM=xterm-256color"})
				done <- err
			}()
			v.until(t, strings.Repeat("w", 60)+strings.Repeat("\r\nh", 9))
			if err := pty.Setsize(far, &pty.Winsize{Cols: 50, Rows: 12}); err != nil {
				t.Fatal(err)
			}
			_ = syscall.Kill(os.Getpid(), syscall.SIGWINCH)
			v.until(t, "\x1b[2J"+strings.Repeat("w", 50)+strings.Repeat("\r\nh", 11))
			c.end(far, cancel)
			if err := <-done; !errors.Is(err, c.want) {
				t.Errorf("RunLocal gives %v", err)
			}
			v.until(t, "\x1b[?1049l")
			after, err := term.GetState(tty.Fd())
			if err != nil {
				t.Fatal(err)
			}
			if *after != *before {
				t.Errorf("the terminal is left in mode %+v, was %+v", after, before)
			}
		})
	}
}

func TestLocalWithoutTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	defer func() { _ = w.Close() }()
	if _, err := runLocal(t.Context(), &model{}, r, w, nil); !errors.Is(err, ErrNoTerminal) {
		t.Errorf("RunLocal gives %v", err)
	}
}
