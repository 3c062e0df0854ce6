package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"

	"muster/store"
	"muster/tui"
	"muster/tui/screen"
)

// views measures drawing each screen, in this process.
func (b *bench) views(ctx context.Context) error {
	st, err := store.Open(ctx, store.Options{Dir: b.world.dir})
	if err != nil {
		return err
	}
	defer st.Close()
	shared, err := tui.NewShared(tui.Config{Store: st, Now: time.Now, JoinCommand: func(code string) string { return "ssh join+" + code + "@host" }})
	if err != nil {
		return err
	}
	screens := []struct{ name, keys string }{
		{"members", ""}, {"invitations", "3"}, {"settings", "4"}, {"you", "9"}, {"marked", "   "}, {"filtered", "/gr"},
		{"help", "?"}, {"palette", ":"}, {"removal", "jjd"}, {"invite form", "n"}, {"organizations", "o"},
	}
	var slowest, largest struct {
		name string
		n    int64
	}
	for _, s := range screens {
		m, err := shown(ctx, shared, tui.Options{Actor: b.world.actor(), Org: b.world.org, Term: "xterm-256color"}, s.keys)
		if err != nil {
			return err
		}
		r := testing.Benchmark(func(tb *testing.B) {
			tb.ReportAllocs()
			for tb.Loop() {
				m.View()
			}
		})
		m.Close()
		if r.NsPerOp() > slowest.n {
			slowest.name, slowest.n = s.name, r.NsPerOp()
		}
		if r.AllocedBytesPerOp() > largest.n {
			largest.name, largest.n = s.name, r.AllocedBytesPerOp()
		}
	}
	figure(b.report, "View at 140×40, slowest of all screens", time.Duration(slowest.n), 400*time.Microsecond, millis, slowest.name)
	figure(b.report, "View at 140×40, most allocated", int(largest.n), 100_000, bytesOf, largest.name)
	return nil
}

// shown is an app as it stands after some keys.
func shown(ctx context.Context, shared *tui.Shared, o tui.Options, keys string) (*tui.App, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	in, typed := io.Pipe()
	defer typed.Close()
	out := &quiet{wrote: make(chan struct{}, 1)}
	app := shared.Open(ctx, o)
	last := make(chan tea.Model, 1)
	go func() {
		m, _ := screen.Run(ctx, app, screen.Options{In: in, Out: out, Width: 140, Height: 40, Term: o.Term})
		last <- m
	}()
	out.rests()
	for _, k := range keys {
		_, _ = io.WriteString(typed, string(k))
		out.rests()
	}
	stop()
	m, ok := (<-last).(*tui.App)
	if !ok {
		return nil, fmt.Errorf("the app is no app any more")
	}
	return m, nil
}

// quiet tells when nothing is drawn any more.
type quiet struct{ wrote chan struct{} }

func (q *quiet) Write(b []byte) (int, error) {
	select {
	case q.wrote <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (q *quiet) rests() {
	for {
		select {
		case <-q.wrote:
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}

// start measures from the start of the process.
func (b *bench) start(ctx context.Context) error {
	const rounds = 20
	var version, serve, app []time.Duration
	for range rounds {
		begin := time.Now()
		if err := exec.CommandContext(ctx, b.binary, "version").Run(); err != nil {
			return err
		}
		version = append(version, time.Since(begin))
	}
	for range rounds / 4 {
		p, err := b.serve(ctx)
		if err != nil {
			return err
		}
		serve = append(serve, p.ready)
		p.stop()
	}
	for range rounds / 2 {
		took, err := b.firstLocalFrame(ctx)
		if err != nil {
			return err
		}
		app = append(app, took)
	}
	figure(b.report, "start: muster version, p50", quantile(version, 0.5), 20*time.Millisecond, millis, "")
	figure(b.report, "start: serve until listening, p50", quantile(serve, 0.5), 40*time.Millisecond, millis, "")
	figure(b.report, "start: the app until its first frame, p50", quantile(app, 0.5), 60*time.Millisecond, millis, "")
	return nil
}

// firstLocalFrame opens the app in a terminal until the members are there.
func (b *bench) firstLocalFrame(ctx context.Context) (took time.Duration, err error) {
	cmd := exec.CommandContext(ctx, b.binary, "--data", b.world.dir, "--org", "acme")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "MUSTER_CONFIG="+os.DevNull)
	begin := time.Now()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		return 0, err
	}
	var once sync.Once
	var seen strings.Builder
	buf := make([]byte, 64<<10)
	for {
		n, rerr := tty.Read(buf)
		seen.Write(buf[:n])
		if strings.Contains(seen.String(), "@dev.example.com") {
			once.Do(func() {
				took = time.Since(begin)
				_, err = tty.Write([]byte("q"))
			})
		}
		if rerr != nil {
			break
		}
	}
	if werr := cmd.Wait(); err == nil {
		err = werr
	}
	_ = tty.Close()
	if err == nil && took == 0 {
		err = fmt.Errorf("the members never came")
	}
	return took, err
}
