package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/op"
	"muster/internal/output"
	"muster/internal/plain"
	"muster/models"
	"muster/sshserver"
	"muster/store"
	"muster/tui"
)

// plainFlag is the option for the app in plain lines.
const plainFlag = "plain"

func (c *cli) plainOption(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.plain, plainFlag, false, "the app as plain lines and questions, for screen readers and simple terminals")
}

// withoutPlain takes the option out of the words of a command line.
func withoutPlain(args []string) (rest []string, plain bool) {
	rest = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--"+plainFlag })
	return rest, len(rest) < len(args)
}

// cannotDraw tells that a terminal says of itself that it cannot move a cursor,
// or says nothing.
func cannotDraw(term string) bool { return term == "" || term == "dumb" }

// showPlain is showApp in plain lines.
func (c *cli) showPlain(ctx context.Context, in installation) error {
	session, stop, err := c.startLocal(ctx, in)
	if err != nil {
		return err
	}
	defer stop()
	d := c.plainDoor(session.Actor)
	s := &plain.Session{Door: d, Store: c.opened, Now: c.env.Now}
	if session.Entry != tui.EntryFirstRun {
		d.present()
		defer d.leave()
		return s.Run(ctx, session.Org, session.Pane)
	}
	defer d.leave()
	return s.FirstRun(ctx, session.Name, session.Email, func(name, email string) (string, error) {
		u, err := c.opened.Init(ctx, store.NewUser{Name: name, Email: email, Key: session.Key})
		return u.ID, err
	})
}

// plain runs the app in plain lines in a session with a terminal.
func (d *door) plain(ctx context.Context, sess *sshserver.Session, key models.PublicKey) int {
	defer sess.Lines()()
	env := d.env
	env.Args, env.In, env.Out, env.Err = sess.Args, sess.In, sess.Out, sess.Out
	env.Getenv = func(k string) string { return sess.Env[k] }
	env.Home, env.Terminal = "", true
	kind, login := parseLogin(sess.Login)
	env.Remote = &Remote{
		Store: d.store, Actor: sessionActor(sess, models.ViaTUI), Kind: kind, Login: login, Key: key,
		Log: d.log.With("session", sess.ID), Site: d.in.site(),
	}
	c := &cli{env: env, out: env.Out, log: env.Remote.Log}
	door := c.plainDoor(env.Remote.Actor)
	door.sess = sess
	defer door.leave()
	go door.notices(ctx, sess.Notices)
	s := &plain.Session{Door: door, Store: d.store, Now: env.Now}
	var err error
	switch kind {
	case LoginJoin:
		err = s.Join(ctx, login)
	case LoginRequest:
		err = s.Request(ctx)
	case LoginNew:
		err = s.SignUp(ctx)
	default:
		door.present()
		o := tui.Options{Actor: env.Remote.Actor}
		if err = d.place(ctx, sess, &o); err == nil {
			if o.StrayLogin != "" {
				err = c.say("%s is none of your organizations; this is the one you used last.", o.StrayLogin)
			}
			if err == nil {
				err = s.Run(ctx, o.Org, string(o.Pane))
			}
		}
	}
	var ended *sshserver.Ended
	switch {
	case errors.As(context.Cause(ctx), &ended): // the server says why
		return models.CodeGone.ExitStatus()
	case ctx.Err() != nil, err == nil, clientLeft(ctx, err):
		return 0
	}
	return c.fail(err)
}

// plainDoor is the door of a session in plain lines.
type plainDoor struct {
	c     *cli
	in    *bufio.Reader
	actor models.Actor
	sess  *sshserver.Session // nil locally
	open  *store.OpenSession // nil before somebody is signed in
}

var _ plain.Door = (*plainDoor)(nil)

func (c *cli) plainDoor(a models.Actor) *plainDoor {
	in := bufio.NewReader(c.env.In)
	c.env.In, c.env.Err, c.env.Terminal = oneLine{in}, c.out, true
	c.lines = &inLines{}
	if c.flags == nil {
		c.flags = &pflag.FlagSet{}
	}
	d := &plainDoor{c: c, in: in}
	d.be(a)
	return d
}

// be makes the session that of an actor.
func (d *plainDoor) be(a models.Actor) {
	d.actor, d.c.who = a, &a
	if r := d.c.env.Remote; r != nil {
		r.Actor = a
	}
}

// present shows the session to others, and to its owner under You.
func (d *plainDoor) present() {
	if s, err := d.c.db(context.Background()); err == nil && d.open == nil {
		d.open = s.OpenSession(d.actor)
	}
}

func (d *plainDoor) leave() {
	if d.open != nil {
		d.open.End()
	}
}

// notices says what the server has to say before it ends a session.
func (d *plainDoor) notices(ctx context.Context, from <-chan fmt.Stringer) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-from:
			_ = d.c.say("\n%s", n) // whoever does not read it has left
		}
	}
}

// Me implements plain.Door.
func (d *plainDoor) Me() models.Actor { return d.actor }

// SignIn implements plain.Door.
func (d *plainDoor) SignIn(userID string) {
	a := d.actor
	a.UserID = userID
	d.be(a)
	if r := d.c.env.Remote; r != nil { // the login was for coming in
		r.Kind, r.Login = LoginUser, ""
	}
	d.present()
}

// InOrg implements plain.Door.
func (d *plainDoor) InOrg(org models.OrgView) {
	d.c.org = org.ID
	if d.open != nil {
		d.open.Show(org.ID)
	}
	if d.sess != nil {
		d.sess.SetIdle(org.Security.SessionIdle)
	}
}

// Try implements plain.Door.
func (d *plainDoor) Try(ctx context.Context) error {
	if d.sess == nil {
		return nil
	}
	return d.sess.TryCode(ctx)
}

// Ask implements plain.Door.
func (d *plainDoor) Ask(question string) (string, error) {
	if _, err := io.WriteString(d.c.out, output.Safe(question)); err != nil {
		return "", err
	}
	line, err := d.in.ReadString('\n')
	if err != nil { // whoever left in the midst of a line has not answered
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// Say implements plain.Door.
func (d *plainDoor) Say(line string) error { return d.c.say("%s", line) }

// Fail implements plain.Door.
func (d *plainDoor) Fail(err error) error {
	if models.CodeOf(err) == models.CodeInternal && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)) {
		return err
	}
	e := models.AsError(err).Worded(d.c.doorWords)
	if e.Code == models.CodeInternal && e.Err != nil {
		d.c.log.Error("a step of plain mode failed", "error", e.Err)
	}
	if err := d.Say("Error: " + e.Message); err != nil || e.Hint == "" {
		return err
	}
	return d.Say("Hint: " + e.Hint)
}

// Do implements plain.Door.
func (d *plainDoor) Do(ctx context.Context, as models.Actor, r *op.Row, in any) (any, error) {
	c := d.c
	org := c.org
	d.be(as)
	defer func() {
		as.Record, as.Base = nil, nil
		d.be(as)
		c.org, c.attempted, c.yes = org, "", false
	}()
	c.here, c.words = models.Organization{}, nil
	if r.Changes {
		c.attempted = r.Audit
	}
	if err := r.Check(in); err != nil {
		return nil, err
	}
	for _, f := range r.Fields {
		// Users are administered in all of the installation here.
		if f.From == "" || f.From == "scope" {
			continue
		}
		if err := c.resolveField(ctx, r, f, in); err != nil {
			return nil, err
		}
	}
	if err := d.nameWorkspace(ctx, r, in); err != nil {
		return nil, err
	}
	if err := d.agree(ctx, r, in); err != nil {
		return nil, err
	}
	out, err := c.call(ctx, r, in)
	if r.Name == "code.show" && models.CodeOf(err) == models.CodeNotFound && d.sess != nil {
		d.sess.WrongCode()
	}
	if isNotConfirmed(err) {
		err = plain.ErrDeclined
	}
	return out, err
}

// nameWorkspace has answers name a workspace as a person would, where a command
// has the word that was typed.
func (d *plainDoor) nameWorkspace(ctx context.Context, r *op.Row, in any) error {
	f, ok := r.Field("Workspace")
	user, of := r.Field("User")
	if !ok || !of || f.Type.Kind() != reflect.String || user.Arg == "" {
		return nil
	}
	s, a, err := d.c.signedIn(ctx)
	if err != nil {
		return err
	}
	w, err := s.Workspace(ctx, a, d.c.org, f.Of(in).String())
	d.c.words = []string{w.Name}
	return err
}

// agree shows what a change would bring and asks, where the operation wants that.
func (d *plainDoor) agree(ctx context.Context, r *op.Row, in any) error {
	if r.Confirm == nil {
		return nil
	}
	shown, err := d.c.preview(ctx, r, in)
	if err != nil {
		return err
	}
	question := wordsFor(r.Name).ask(d.c, shown)
	if r.Confirm.Word == "" {
		err := d.c.confirm(question)
		if isNotConfirmed(err) {
			return plain.ErrDeclined
		}
		return err
	}
	typed, err := d.Ask(question + " ")
	if typed = strings.TrimSpace(typed); err != nil || typed == "" || typed == "!" {
		return cmp.Or(err, plain.ErrDeclined)
	}
	field, _ := r.Field("Confirm")
	field.Set(in, typed)
	return nil
}

// isNotConfirmed tells the error of a question that was answered with no.
func isNotConfirmed(err error) bool {
	return err != nil && models.CodeOf(err) == models.CodeUsage && models.AsError(err).Message == notConfirmed().(*models.Error).Message
}

// Show implements plain.Door.
func (d *plainDoor) Show(ctx context.Context, r *op.Row, out any, first int) error {
	d.c.lines.first = first
	defer func() { d.c.lines.first = 0 }()
	w := wordsFor(r.Name)
	if err := d.c.shown(r, out); err != nil {
		return err
	}
	if w.after != nil {
		w.after(ctx, d.c, []any{out})
	}
	if w.verdict != nil {
		if err := w.verdict(d.c, out); err != nil {
			var told *toldError
			if !errors.As(err, &told) {
				return d.Fail(err)
			}
		}
	}
	return nil
}

// oneLine reads no further than to the end of a line: what follows is for the
// next question.
type oneLine struct{ *bufio.Reader }

func (r oneLine) Read(p []byte) (int, error) {
	for n := range p {
		b, err := r.ReadByte()
		if err != nil {
			return n, err
		}
		if p[n] = b; b == '\n' {
			return n + 1, nil
		}
	}
	return len(p), nil
}

// inLines is how tables and facts look in plain mode: one line each, without
// columns, so that they can be read out.
type inLines struct {
	first int // number of the first row; 0 for none
}

// table writes a row as its cells, each after the first one with its heading.
func (l *inLines) table(w io.Writer, headers []string, rows [][]string, none string) error {
	if len(rows) == 0 {
		return sayTo(w, "%s", cmp.Or(none, "nothing"))
	}
	for i, row := range rows {
		var cells []string
		for j, cell := range row {
			cell = strings.TrimSpace(cell)
			head := ""
			if j < len(headers) {
				head = headers[j]
			}
			switch {
			case cell == "" || head == "ID" && l.first > 0:
			case head == "" && cell == "*":
				cells = append(cells, "current")
			case head == "": // a bar
			case len(cells) == 0, len(cells) == 1 && cells[0] == "current":
				cells = append(cells, cell)
			default:
				cells = append(cells, strings.ToLower(head)+" "+cell)
			}
		}
		text := strings.Join(cells, ", ")
		if l.first > 0 {
			text = fmt.Sprintf("%d. %s", l.first+i, text)
		}
		if err := sayTo(w, "%s", text); err != nil {
			return err
		}
	}
	return nil
}

// fact writes a name and its value.
func (l *inLines) fact(w io.Writer, name string, lines []string) error {
	for i, line := range lines {
		if i == 0 {
			line = strings.TrimSpace(name) + ": " + line
		}
		if err := sayTo(w, "%s", line); err != nil {
			return err
		}
	}
	return nil
}
