// Package serve runs one process that others use: the SSH server, and the jobs
// behind it.
package serve

import (
	"context"
	"errors"
	"net"
	"os"

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
}

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
	defer watchSignIn(ctx, cfg.Jobs.Store, server, cfg.Jobs.Log)()
	defer cfg.Jobs.Start(ctx, server.HostKeyFingerprint())()
	defer memory.Manage(ctx)()
	return server.Serve(ctx, listener)
}

func cannotListen(address string, err error) error {
	why := err
	var sys *os.SyscallError
	if errors.As(err, &sys) { // without the names of system calls
		why = sys.Err
	}
	return models.Errorf(models.CodeInternal, "cannot listen on %s: %v", address, why).
		WithHint("choose another address with --listen, unless muster serves there already")
}
