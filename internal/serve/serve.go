// Package serve runs one process that others use: the SSH server, HTTP where it is
// asked for, and the jobs behind them.
package serve

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"muster/internal/memory"
	"muster/models"
	"muster/sshserver"
)

// Config is what a process serves, and how.
type Config struct {
	Jobs   Jobs
	Listen string // host:port
	// Listening, if set, is called with where it listens before anybody is served,
	// and what it gives when nobody is any more.
	Listening func(net.Addr) (end func(), err error)
	Server    sshserver.Config
	HTTP      HTTP // not served where it says no address
	// Broken gives the error of a disk that failed; the store takes no changes from
	// then on.
	Broken <-chan error
}

// readOnlyTime is how long a server whose disk has failed lets people read before
// it ends, so that whoever looks after it starts it anew.
const readOnlyTime = 30 * time.Second

// Run serves until ctx ends. Mails that are on their way and what the janitor
// has begun are finished first.
func Run(ctx context.Context, cfg Config) error {
	server, err := sshserver.New(cfg.Server)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return cannotListen(cfg.Listen, err)
	}
	if cfg.Listening != nil {
		end, err := cfg.Listening(listener.Addr())
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		defer end()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	endHTTP, err := cfg.HTTP.start(ctx, server, cfg.Jobs.Log, stop)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var failed atomic.Bool
	go func() {
		select {
		case err := <-cfg.Broken:
			failed.Store(true)
			cfg.Jobs.Log.Error("the disk failed: no more changes are accepted, and the server stops", "error", err, "in", readOnlyTime)
			select {
			case <-cfg.Jobs.After(readOnlyTime):
				stop()
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
	}()
	defer watchSignIn(ctx, cfg.Jobs.Store, server, cfg.Jobs.Log)()
	defer cfg.Jobs.Start(ctx, server.HostKeyFingerprint())()
	defer memory.Manage(ctx)()
	err = errors.Join(server.Serve(ctx, listener), endHTTP())
	if err == nil && failed.Load() {
		return models.Errorf(models.CodeInternal, "the server stopped, because the disk failed").
			WithHint("check the disk and the data directory, then start it again")
	}
	return err
}

func cannotListen(address string, err error) error { return cannotListenFor("--listen", address, err) }

func cannotListenFor(flag, address string, err error) error {
	why := err
	var sys *os.SyscallError
	if errors.As(err, &sys) { // without the names of system calls
		why = sys.Err
	}
	return models.Errorf(models.CodeInternal, "cannot listen on %s: %v", address, why).
		WithHint("choose another address with %s, unless muster serves there already", flag)
}
