package cli

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"muster/internal/api"
	"muster/internal/logging"
	"muster/internal/mail"
	"muster/internal/running"
	"muster/internal/serve"
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
		Long: `Serve the app and the commands over SSH, send mails that are due, end memberships on
their end date, and purge organizations that were deleted 30 days ago. It runs until
SIGTERM, SIGINT or SIGHUP; then everybody is told, and it stops within ten seconds.`,
		Example: "muster serve --listen 0.0.0.0:2222 --address muster.example.com",
		Args:    takes(),
	}
	siteOptions(cmd)
	cmd.RunE = action(c.serve)
	return cmd
}

func (c *cli) serve(ctx context.Context, _ []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends it at once
	c.serves = true
	in, err := c.installation()
	if broken, ok := in.sender.(mail.Broken); ok && err == nil {
		err = broken.Err
	}
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // a reader of the log that goes away ends nothing
	var lines *logging.Writer
	c.log, lines = logging.New(c.env.Err, logHandler(in.Log))
	defer lines.Close()
	broken := make(chan error, 1)
	c.broken = func(err error) { broken <- err }
	s, err := c.db(ctx)
	if err != nil {
		return err
	}
	shared, err := in.shared(s, c.env.Now, "")
	if err != nil {
		return err
	}
	door := &door{env: c.env, log: c.log, store: s, in: in, shared: shared}
	http := door.http()
	sender := in.webhookSender()
	defer sender.Close()
	jobs := c.jobs(s, in)
	jobs.Webhooks, jobs.Sent = sender, door.metrics.Webhook
	return serve.Run(ctx, serve.Config{
		Jobs: jobs, Broken: broken, Listen: in.Listen, Listening: func(at net.Addr) (func(), error) {
			end, err := running.Announce(in.Data, running.Server{Listen: at.String(), Address: in.Address.String(), Mail: in.Mail.Mode})
			if err != nil { // on a medium that is read-only, say
				c.log.Warn("local commands cannot see the options of this server", "error", err)
				end = func() {}
			}
			return end, nil
		},
		HTTP: http,
		Server: sshserver.Config{
			HostKeyPath: in.HostKey, Directory: s, SignUp: in.SignUp, ProxyFrom: in.ProxyFrom,
			Log: c.log, App: door.app, Command: door.command, Opens: opensApp, Commands: loggedCommands(),
		},
	})
}

// door is where sessions of the SSH server become runs of the command tree or
// of the app.
type door struct {
	env     Env
	log     *slog.Logger
	store   *store.Store
	in      installation
	shared  *tui.Shared
	metrics *api.Metrics // nil where nobody reads them
}

// command runs one command line that came over SSH.
func (d *door) command(ctx context.Context, sess *sshserver.Session) int {
	began := time.Now()
	code := models.Code("")
	defer func() { d.metrics.Command(string(code), time.Since(began)) }()
	env := d.env
	env.Args, env.In, env.Out, env.Err = sess.Args, sess.In, sess.Out, sess.Err
	env.Getenv = func(k string) string { return sess.Env[k] }
	env.Home, env.Terminal = "", sess.HasPTY
	env.Width, env.ErrWidth = 0, 0
	if sess.HasPTY {
		env.Width, env.ErrWidth = sess.Width, sess.Width
	}
	log := d.log.With("session", sess.ID)
	key, err := sessionKey(sess)
	if err != nil {
		return (&cli{env: env, log: log}).fail(err)
	}
	kind, login := parseLogin(sess.Login)
	env.Remote = &Remote{
		Store: d.store, Actor: sessionActor(sess, models.ViaSSH), Kind: kind, Login: login, Key: key,
		Log: log, Site: d.in.site(), Wait: sess.Wait, Failed: func(e *models.Error) { code = e.Code },
	}
	if sess.UserID != "" {
		defer d.store.OpenSession(env.Remote.Actor).End()
	}
	typed := len(env.Args) > 0 && env.Args[0] == "join" && kind == LoginUser
	if typed {
		if err := sess.TryCode(ctx); err != nil {
			return (&cli{env: env, log: log}).fail(err)
		}
	}
	status := Run(ctx, env)
	if (typed || kind == LoginJoin) && status == models.CodeNotFound.ExitStatus() {
		sess.WrongCode()
	}
	return status
}

// loggedCommands are the names that may stand in the log: those of all command
// trees there are over SSH.
func loggedCommands() []string {
	names := []string{"help"}
	for _, kind := range []LoginKind{LoginUser, LoginJoin, LoginRequest, LoginNew} {
		for _, m := range (&cli{env: Env{Remote: &Remote{Kind: kind}}}).commands() {
			names = append(names, m.name)
		}
	}
	return names
}

func sessionActor(sess *sshserver.Session, via models.Via) models.Actor {
	a := models.Actor{UserID: sess.UserID, Via: via, Door: models.DoorSSH, Address: sess.RemoteAddr.Addr().String(), Key: sess.Fingerprint, KeyType: sess.KeyType}
	if kind, login := parseLogin(sess.Login); kind == LoginUser { // the others hold a code
		a.Login = login
	}
	return a
}

func sessionKey(sess *sshserver.Session) (models.PublicKey, error) {
	pub, err := gossh.ParsePublicKey(sess.Key)
	if err != nil {
		return models.PublicKey{}, err
	}
	return sshkey.Check(pub, "")
}

// parseLogin reads the user name part of an SSH login (docs/rules.md, "Ways in").
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
