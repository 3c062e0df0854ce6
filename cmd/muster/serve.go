package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"muster/internal/memory"
	"muster/internal/sshkey"
	"muster/models"
	"muster/sshserver"
	"muster/store"
	"muster/tui"
)

func (c *cli) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "serve the app and the commands to a team over SSH",
		Long: `Serve the app and the commands over SSH, send the mails that are due, end memberships
whose time has come, and purge organizations that were deleted 30 days ago. It runs
until SIGTERM or SIGINT; then everybody gets a notice, and it ends within ten seconds.`,
		Example: "muster serve --listen 0.0.0.0:2222 --address muster.example.com",
		Args:    takes(),
	}
	siteOptions(cmd)
	cmd.RunE = action(c.serve)
	return cmd
}

func (c *cli) serve(ctx context.Context, _ []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends it at once
	in, err := c.installation()
	if err != nil {
		return err
	}
	c.log = newLog(c.env.Err, in.Log)
	s, err := c.db(ctx)
	if err != nil {
		return err
	}
	shared, err := in.shared(s, c.env.Now, "")
	if err != nil {
		return err
	}
	door := &door{env: c.env, log: c.log, store: s, in: in, shared: shared}
	server, err := sshserver.New(sshserver.Config{
		HostKeyPath: in.HostKey, Directory: s, SignUp: in.SignUp, ProxyFrom: in.ProxyFrom,
		Log: c.log, Now: c.env.Now, App: door.app, Command: door.command, Opens: opensApp,
	})
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", in.Listen)
	if err != nil {
		return cannotListen(in.Listen, err)
	}
	defer watchSignIn(ctx, s, server, c.log)()
	defer c.startMail(ctx, s, in, server.HostKeyFingerprint())()
	defer c.startJanitor(ctx, s)()
	defer memory.Manage(ctx, c.env.Now)()
	return server.Serve(ctx, listener)
}

func cannotListen(address string, err error) error {
	why := err
	var sys *os.SyscallError
	if errors.As(err, &sys) { // without the names of system calls
		why = sys.Err
	}
	e := models.Errorf(models.CodeInternal, "cannot listen on %s: %v", address, why).
		WithHint("choose another address with --listen, unless muster serves there already")
	e.Err = err
	return e
}

// door is where sessions of the SSH server become runs of the command tree or
// of the app.
type door struct {
	env    Env
	log    *slog.Logger
	store  *store.Store
	in     installation
	shared *tui.Shared
}

// command runs one command line that came over SSH.
func (d *door) command(ctx context.Context, sess *sshserver.Session) int {
	env := d.env
	env.Args, env.In, env.Out, env.Err = sess.Args, sess.In, sess.Out, sess.Err
	env.Getenv = func(k string) string { return sess.Env[k] }
	env.Home, env.Terminal = "", false
	if sess.HasPTY {
		env.In = &typed{Reader: sess.In}
	}
	log := d.log.With("session", sess.ID)
	key, err := sessionKey(sess)
	if err != nil {
		return (&cli{env: env, log: log}).fail(err)
	}
	kind, login := parseLogin(sess.Login)
	env.Remote = &Remote{
		Store: d.store, Actor: sessionActor(sess, models.ViaSSH), Kind: kind, Login: login, Key: key,
		Log: log, Site: d.in.site(),
	}
	if sess.UserID != "" {
		defer d.store.OpenSession(env.Remote.Actor).End()
	}
	return run(ctx, env)
}

func sessionActor(sess *sshserver.Session, via models.Via) models.Actor {
	return models.Actor{UserID: sess.UserID, Via: via, Address: sess.RemoteAddr.Addr().String(), Key: sess.Fingerprint}
}

func sessionKey(sess *sshserver.Session) (models.PublicKey, error) {
	pub, err := gossh.ParsePublicKey(sess.Key)
	if err != nil {
		return models.PublicKey{}, err
	}
	return sshkey.Check(pub, "")
}

// parseLogin reads the user name part of an SSH login (PRODUCT.md §10).
func parseLogin(login string) (LoginKind, string) {
	if code, ok := strings.CutPrefix(login, "join+"); ok {
		return LoginJoin, code
	}
	if code, ok := strings.CutPrefix(login, "request+"); ok {
		return LoginRequest, code
	}
	if login == "new" {
		return LoginNew, ""
	}
	return LoginUser, login
}
