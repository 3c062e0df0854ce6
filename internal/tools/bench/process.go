package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errNoProc says that a figure needs /proc.
var errNoProc = errors.New("needs Linux's /proc")

// process is a server that runs beside.
type process struct {
	cmd   *exec.Cmd
	addr  string
	ready time.Duration // from its start until it listened
	ended chan struct{}
}

// serve starts muster on the world.
func (b *bench) serve(ctx context.Context) (*process, error) {
	return b.serveFrom(ctx, b.world.dir)
}

func (b *bench) serveFrom(ctx context.Context, dir string) (*process, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := free.Addr().String()
	if err = free.Close(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.binary, "serve", "--data", dir, "--listen", addr, "--address", addr)
	return startProcess(cmd, func(c *exec.Cmd) (io.ReadCloser, error) { return c.StderrPipe() }, "msg=listening", addr)
}

// reference starts the bare server.
func (b *bench) reference(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := startProcess(exec.CommandContext(ctx, self, "-reference"), func(c *exec.Cmd) (io.ReadCloser, error) { return c.StdoutPipe() }, "listening ", "")
	return p, err
}

// startProcess starts a server and waits until it says that it listens. With no
// address, that is the last word of the line.
func startProcess(cmd *exec.Cmd, output func(*exec.Cmd) (io.ReadCloser, error), ready, addr string) (*process, error) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	cmd.Env = append(os.Environ(), "MUSTER_CONFIG="+os.DevNull)
	out, err := output(cmd)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, addr: addr, ended: make(chan struct{})}
	begin := time.Now()
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	said := make(chan string, 1)
	go func() {
		defer close(p.ended)
		var log strings.Builder
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), ready) {
				said <- lines.Text()
				break
			}
			log.WriteString(lines.Text() + "\n")
		}
		close(said)
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}()
	text, ok := <-said
	if !ok {
		return nil, fmt.Errorf("%s ended before it listened", cmd.Path)
	}
	p.ready = time.Since(begin)
	if addr == "" {
		p.addr = text[strings.LastIndexByte(text, ' ')+1:]
	}
	return p, nil
}

// stop ends the server and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
}

// tick is the unit of processor times in /proc (USER_HZ, 100 on every platform
// that Go knows).
const tick = 10 * time.Millisecond

// cpu is the processor time the process has used.
func (p *process) cpu() (time.Duration, error) {
	if runtime.GOOS != "linux" {
		return 0, errNoProc
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// Behind the name in brackets, user and system time are the 12th and 13th.
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.Atoi(f[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(f[12])
	return time.Duration(user+system) * tick, err
}

// memory is what the process keeps in memory, in bytes.
func (p *process) memory() (int, error) {
	if runtime.GOOS != "linux" {
		return 0, errNoProc
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize(), err
}
