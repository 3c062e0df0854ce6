package cli

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"

	"muster/models"
	"muster/sshserver"
	"muster/store"
	"muster/tui"
	"muster/tui/screen"
	"muster/tui/theme"
)

// shared makes what all sessions of the app have in common.
func (in installation) shared(s *store.Store, now func() time.Time, serveHint string) (*tui.Shared, error) {
	colours, err := in.colours()
	if err != nil {
		return nil, err
	}
	shared, err := tui.NewShared(tui.Config{
		Colours: colours,
		Store:   s, Now: now, JoinCommand: in.joinLine, SignIn: in.signInLine(), NoMail: in.Mail.Mode == "none", HostKey: in.hostKey, Name: in.site().Name, ServeHint: serveHint, Keys: boundKeys(in.Keys),
	})
	return shared, in.keysError(err)
}

func (in installation) themeMode() theme.Mode {
	mode, _ := theme.ParseMode(in.Theme) // config lets no other word through
	return mode
}

// attention is how the app calls for it.
func (in installation) attention() tui.Attention {
	return tui.ParseAttention(in.Notifications)
}

// openApp opens the app on the local database. Where there is none yet, it is
// made, and the app starts with the questions of a first run.
func (c *cli) openApp(ctx context.Context) error {
	in, err := c.installation()
	if err != nil {
		return err
	}
	o, err := c.storeOptions()
	if err != nil {
		return err
	}
	o.Create = true
	if c.opened, err = c.env.OpenStore(ctx, o); err != nil {
		return err
	}
	return c.showApp(ctx, in)
}

// showApp runs the app on the opened database until the person leaves it.
func (c *cli) showApp(ctx context.Context, in installation) error {
	if c.plain || cannotDraw(c.env.Getenv("TERM")) {
		return c.showPlain(ctx, in)
	}
	shared, err := in.shared(c.opened, c.env.Now, "to let others connect, run: muster serve")
	if err != nil {
		return err
	}
	session, stop, err := c.startLocal(ctx, in)
	if err != nil {
		return err
	}
	defer stop()
	app := shared.Open(ctx, session)
	defer app.Close()
	if !app.Over() {
		if _, err = screen.RunLocal(ctx, app); err != nil {
			return err
		}
	}
	if word := app.Farewell(); word != "" {
		return c.say("%s", word)
	}
	return nil
}

// startLocal says who sits here, and lets happen meanwhile what falls due.
func (c *cli) startLocal(ctx context.Context, in installation) (session tui.Options, stop func(), err error) {
	if session, err = c.localSession(ctx, in); err == nil {
		stop, err = c.startJobs(ctx, in)
	}
	return session, stop, err
}

// startJobs lets happen in the background what falls due while somebody is here.
func (c *cli) startJobs(ctx context.Context, in installation) (stop func(), err error) {
	fingerprint := ""                               // without mail
	if in.Mail.Mode != "none" && in.server == nil { // else the server sends it
		if fingerprint, err = in.hostKey(); err != nil {
			return nil, err
		}
	}
	jobs := c.jobs(c.opened, in)
	if in.server == nil { // else the server sends to webhooks
		sender := in.webhookSender()
		jobs.Webhooks = sender
		wait := jobs.Start(ctx, fingerprint)
		return func() { wait(); sender.Close() }, nil
	}
	return jobs.Start(ctx, fingerprint), nil
}

// localSession describes the session of whoever sits at the database.
func (c *cli) localSession(ctx context.Context, in installation) (tui.Options, error) {
	o := tui.Options{
		Actor: models.Actor{Via: models.ViaTUI, Door: models.DoorLocal}, Entry: tui.EntryApp, Org: c.org, Term: c.env.Getenv("TERM"),
		Pane: c.pane, Theme: in.themeMode(), NoMouse: !in.Mouse, Attention: in.attention(), ReadList: c.readLocalList,
	}
	// The configuration file is often that of the one person who is here, but
	// may be that of all: only what was said for this run goes before what the
	// person chose in the app.
	for _, name := range ofTheApp {
		if at := in.Origin(name); strings.HasPrefix(at, "--") || strings.HasPrefix(at, "MUSTER_") {
			o.Given = append(o.Given, name)
		}
	}
	if w, h, err := term.GetSize(os.Stdout.Fd()); err == nil { // else the screen says what is wrong
		o.Width, o.Height = w, h
	}
	for _, name := range []string{"NO_COLOR", "COLORTERM", "TZ"} {
		if v := c.env.Getenv(name); v != "" {
			o.Env = append(o.Env, name+"="+v)
		}
	}
	if o.Org == "" {
		o.Org = in.Org
	}
	empty, err := c.opened.Empty(ctx)
	switch {
	case err != nil:
		return o, err
	case empty:
		o.Entry = tui.EntryFirstRun
		o.Name, o.Email = c.osUser()
		o.Key, err = c.firstKey("")
		return o, err
	}
	o.Actor, err = localActor(ctx, c.opened, models.ViaTUI, c.as)
	return o, err
}

// readLocalList reads a list for an import in the app, where ~ is as in a shell.
func (c *cli) readLocalList(path string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(c.env.Getenv("HOME"), rest)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, models.Errorf(models.CodeInvalid, "%s is not a file", models.SafeText(path))
	}
	return c.readList(filepath.Clean(path))
}

// osUser proposes a name and an address for the operating-system user.
func (c *cli) osUser() (name, email string) {
	u, err := user.Current()
	if err != nil {
		return "", ""
	}
	email = c.env.Getenv("EMAIL")
	if email == "" {
		email = u.Username + "@" + c.env.Hostname
	}
	if email, err = models.CheckEmail("email", email); err != nil {
		email = ""
	}
	if name, _, _ = strings.Cut(u.Name, ","); name == "" { // the rest of a GECOS field is not the name
		name = u.Username
	}
	return name, email
}

// app runs the app in a session with a terminal.
func (d *door) app(ctx context.Context, sess *sshserver.Session) int {
	failed := func(err error) int {
		if clientLeft(ctx, err) {
			return 0
		}
		return (&cli{env: Env{Err: sess.Err, Remote: &Remote{}}, log: d.log}).fail(err)
	}
	key, err := sessionKey(sess)
	if err != nil {
		return failed(err)
	}
	rest, plain := withoutPlain(sess.Args)
	if sess.Args = rest; plain || cannotDraw(sess.Term) {
		return d.plain(ctx, sess, key)
	}
	o := tui.Options{
		Actor: sessionActor(sess, models.ViaTUI), Key: &key, Width: sess.Width, Height: sess.Height, Term: sess.Term,
		Theme: d.in.themeMode(), NoMouse: !d.in.Mouse, Attention: d.in.attention(), Idle: sess.SetIdle,
	}
	for k, v := range sess.Env {
		o.Env = append(o.Env, k+"="+v)
	}
	switch kind, login := parseLogin(sess.Login); kind {
	case LoginJoin:
		o.Entry, o.Code = tui.EntryJoin, login
	case LoginRequest:
		o.Entry, o.Org = tui.EntryRequest, login
	case LoginNew:
		o.Entry = tui.EntrySignUp
	default:
		if err := d.place(ctx, sess, &o); err != nil {
			return failed(err)
		}
	}
	o.Notices = sess.Notices
	app := d.shared.Open(ctx, o)
	defer app.Close()
	if o.Entry == tui.EntryJoin && app.Over() { // it looked the code up, and there is none
		sess.WrongCode()
	}
	if !app.Over() {
		_, err = screen.Run(ctx, app, screen.Options{
			In: sess.In, Out: sess.Out, Width: sess.Width, Height: sess.Height, Resize: sess.OnResize,
			Term: sess.Term, Env: o.Env, OnInput: sess.Activity, Now: d.env.Now,
		})
	}
	var ended *sshserver.Ended
	switch {
	case errors.As(context.Cause(ctx), &ended): // the server says why
		return models.CodeGone.ExitStatus()
	case ctx.Err() != nil: // the client left, which is no fault and has no reader
		return 0
	case err != nil:
		return failed(err)
	}
	if word := app.Farewell(); word != "" {
		_ = sayTo(sess.Err, "muster: %s", word) // the client may be gone already
	}
	return 0
}

// place says where in the app a session begins: at the place that it asks for,
// else in the organization that its login name stands for. Where the name stands
// for none the app says so, beside the one chosen last.
func (d *door) place(ctx context.Context, sess *sshserver.Session, o *tui.Options) error {
	if len(sess.Args) > 0 {
		var err error
		if o.Org, o.Pane, err = parsePlace(sess.Args[1]); err != nil {
			return err
		}
	}
	if o.Org != "" {
		return nil
	}
	id, _, err := d.store.LoginOrganization(ctx, o.Actor)
	switch models.CodeOf(err) {
	case "":
		o.Org = id
	case models.CodeNotFound, models.CodeUsage:
		o.StrayLogin = o.Actor.Login
	default:
		return err
	}
	return nil
}
