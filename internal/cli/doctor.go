package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/mail"
	"muster/internal/op"
	"muster/models"
	"muster/sshserver"
	"muster/store"
)

// check is one line of doctor. Scripts depend on its fields and on the ids.
type check struct {
	ID string `json:"id"`
	store.Check
}

func (c *cli) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "check what muster needs to start and to work",
		Long: `Check what muster needs to start and to work, without sending anything: the
configuration, the keys it binds, the data directory and its files, the
database with its audit chains, the plans in use, the secret, the clock, the free
space, the host key, the port, and the mail server. The exit status is 1 if
something is wrong. In JSON each check has id, ok, note, and a hint if there is
something to do.`,
		Example: "muster doctor\nmuster doctor --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			checks := c.examine(ctx)
			bad := 0
			for _, ch := range checks {
				if !ch.OK {
					bad++
				}
			}
			err := c.emit(op.ListOf(checks), func() error {
				rows := make([][]string, len(checks))
				for i, ch := range checks {
					state := "ok"
					if !ch.OK {
						state = "WRONG"
					}
					rows[i] = []string{state, ch.Name, ch.Note}
					if ch.Hint != "" {
						rows[i][2] += " (" + ch.Hint + ")"
					}
				}
				return c.printer().Table([]string{"STATUS", "CHECK", "NOTE"}, rows)
			})
			if err == nil && bad > 0 {
				return models.Errorf(models.CodeInternal, "%s failed", count(bad, "check", "checks")).
					WithHint("each says what to do; run `muster doctor` again afterwards")
			}
			return err
		}),
	}
}

// checks collects what doctor finds.
type checks struct {
	c    *cli
	list []check
}

func (x *checks) add(name string, err error, note string) {
	h := store.Check{Name: name, OK: err == nil, Note: note}
	if err != nil {
		e := models.AsError(err)
		h.Note, h.Hint = e.Message, e.Hint
		if e.Code == models.CodeInternal && e.Err != nil {
			h.Note = err.Error()
		}
	}
	x.found(h)
}

func (x *checks) found(h store.Check) {
	h.Hint = models.WordHint(h.Hint, x.c.doorWords)
	x.list = append(x.list, check{ID: strings.ReplaceAll(h.Name, " ", "_"), Check: h})
}

func (c *cli) examine(ctx context.Context) []check {
	x := &checks{c: c}
	in, err := c.installation()
	if err != nil {
		x.add("configuration", err, "")
		return x.list
	}
	x.add("configuration", nil, configurationNote(in))
	x.add("keys", in.checkKeys(), count(len(in.Keys), "action bound by the configuration", "actions bound by the configuration"))
	_, err = in.colours()
	x.add("colours", err, count(len(in.Colours), "colour chosen by the configuration", "colours chosen by the configuration"))
	x.add("address", nil, addressNote(in))
	if in.server != nil {
		x.add("server", nil, fmt.Sprintf("process %d serves on %s, mail mode %s", in.server.PID, in.server.Listen, in.server.Mail))
	}
	c.examineData(ctx, in, x)
	x.examineDisk(in.Data)
	if _, err := os.Stat(in.HostKey); errors.Is(err, fs.ErrNotExist) {
		x.add("host key", nil, "created when `muster serve` first runs")
	} else {
		_, err := sshserver.LoadOrCreateHostKey(in.HostKey, nil)
		x.add("host key", err, in.HostKey)
	}
	note, err := examinePort(ctx, in)
	x.add("port", err, note)
	if err := in.sender.Check(ctx); errors.Is(err, mail.ErrNoMail) && in.site().Mail {
		x.add("mail", nil, "sent by the running server")
	} else if errors.Is(err, mail.ErrNoMail) {
		x.add("mail", nil, "not set up: send the join commands that `muster invite code` shows yourself")
	} else {
		var failure *mail.Error
		if errors.As(err, &failure) {
			err = models.Errorf(models.CodeInternal, "%s", failure.Message).
				WithHint("invitations wait until it works; `muster config` shows the options under mail")
		}
		x.add("mail", err, "by "+in.sender.Kind())
	}
	return x.list
}

func configurationNote(in installation) string {
	_, err := os.Stat(in.File)
	switch {
	case in.File == "":
		return "from the environment only: there is no home directory with a file"
	case errors.Is(err, fs.ErrNotExist): // one that was asked for would have been an error
		return "there is no file " + in.File + ": defaults and the environment apply"
	}
	return "from " + in.File + " and the environment"
}

func addressNote(in installation) string {
	note := "people join with " + in.joinLine("CODE")
	if _, port, err := net.SplitHostPort(in.Listen); err == nil && port != fmt.Sprint(in.Address.Port) {
		note += fmt.Sprintf(", on port %d; the server listens on %s, so something has to forward one to the other", in.Address.Port, in.Listen)
	}
	return note
}

// examineData opens the database, but not where that would make a new secret
// beside it.
func (c *cli) examineData(ctx context.Context, in installation, x *checks) {
	if err := missingSecret(in.Data); err != nil {
		x.add("secret", err, "")
		x.add("database", models.Errorf(models.CodeInvalid, "not opened, because that would create a new secret").
			WithHint("see the check of the secret"), "")
		return
	}
	s, err := c.db(ctx)
	x.add("database", err, in.Data)
	if err == nil {
		for _, h := range s.Health(ctx) {
			x.found(h)
		}
	}
}

// missingSecret tells of a database without the secret that belongs to it, as
// after restoring one on a new machine.
func missingSecret(dir string) error {
	secret := filepath.Join(dir, store.SecretFile)
	if _, err := os.Stat(filepath.Join(dir, store.DatabaseFile)); err != nil {
		return nil
	}
	if _, err := os.Stat(secret); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return models.Errorf(models.CodeInvalid, "there is a database, and no %s", secret).
		WithHint("put your copy of it there, with mode 0600, before anything opens the database; without it a new one is created, " +
			"invitation codes can no longer be sent a second time, and second factors have to be reset")
}

// leastSpace is what a day of changes easily takes.
const leastSpace = 64 << 20

func (x *checks) examineDisk(dir string) {
	free, known := freeSpace(dir)
	if !known {
		return
	}
	var size int64
	if info, err := os.Stat(filepath.Join(dir, store.DatabaseFile)); err == nil {
		size = info.Size()
	}
	note, err := diskNote(free, size)
	x.add("disk", err, note)
}

func diskNote(free, size int64) (note string, err error) {
	note = fmt.Sprintf("%s free, and the database takes %s", megabytes(free), megabytes(size))
	if free < max(leastSpace, size) {
		return "", models.Errorf(models.CodeLimit, "%s", note).
			WithHint("free some space: an upgrade and a backup need as much as the database takes, and muster %s at least", megabytes(leastSpace))
	}
	return note, nil
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+1<<20-1)>>20) }

// examinePort tells whether the server could listen, or already does.
func examinePort(ctx context.Context, in installation) (note string, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", in.Listen)
	if err == nil {
		return in.Listen + " is free for `muster serve`", l.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return "", models.Errorf(models.CodeInvalid, "cannot listen on %s: %v", in.Listen, reason(err)).
			WithHint("choose another with the option listen; ports below 1024 need a special right")
	}
	if greeting := greet(ctx, in); strings.HasPrefix(greeting, "SSH-2.0-muster") {
		return "muster serves on " + in.Listen, nil
	}
	return "", models.Errorf(models.CodeConflict, "another program listens on %s", in.Listen).
		WithHint("stop it, or choose another address with the option listen")
}

func reason(err error) error {
	var e *net.OpError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// greet gives the first line of whoever listens where the server should.
func greet(ctx context.Context, in installation) string {
	host, port, err := net.SplitHostPort(in.Listen)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return ""
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if own, ok := conn.LocalAddr().(*net.TCPAddr); ok && slices.ContainsFunc(in.ProxyFrom, func(p netip.Prefix) bool {
		return p.Contains(own.AddrPort().Addr().Unmap())
	}) { // it waits for the header of a proxy
		if _, err := conn.Write([]byte("PROXY TCP4 127.0.0.1 127.0.0.1 1 1\r\n")); err != nil {
			return ""
		}
	}
	line, _ := bufio.NewReader(conn).ReadString('\n') // what came before an error is looked at
	return line
}
