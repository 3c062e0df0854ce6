package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"muster/internal/config"
	"muster/internal/mail"
	"muster/internal/op"
	"muster/internal/running"
	"muster/sshserver"
	"muster/store"
)

// installation is the configuration in force and how mail leaves under it.
type installation struct {
	*config.Config
	sender mail.Sender
	server *running.Server // at work on the same data, nil if there is none
}

// installation reads the configuration, once in a run. What a server at work on
// the same data serves with goes before what this shell says, but for flags.
func (c *cli) installation() (installation, error) {
	if c.inst != nil {
		return *c.inst, nil
	}
	cfg, err := config.Load(config.Sources{
		Flags: c.flags, Env: c.env.Getenv, Environ: c.env.Environ, ReadFile: os.ReadFile, Hostname: c.env.Hostname,
	})
	if err != nil {
		return installation{}, err
	}
	in := installation{Config: cfg}
	if in.sender, err = newSender(cfg, c.env); err != nil {
		return installation{}, err
	}
	for _, words := range cfg.Misspelt {
		c.note("%s", words)
	}
	if s, ok := running.FindServer(cfg.Data); ok && !c.serves {
		in.server = &s
		cfg.Follow(s.Address, s.Mail)
	}
	c.inst = &in
	return in, nil
}

func newSender(cfg *config.Config, env Env) (mail.Sender, error) {
	m := cfg.Mail
	switch m.Mode {
	case "smtp":
		password, err := cfg.MailPassword(os.ReadFile)
		if err != nil {
			return mail.Broken{Err: err, By: m.Mode}, nil // who sends mails hears of it
		}
		return mail.NewSMTP(mail.SMTPConfig{
			Host: m.SMTP.Host, Port: m.SMTP.Port, User: m.SMTP.User, Password: password,
			TLS: mail.TLSPolicy(m.SMTP.TLS), Plaintext: m.SMTP.Plaintext, From: m.From, Now: env.Now,
		})
	case "folder":
		return mail.NewFolder(m.Folder, m.From, env.Now)
	}
	return mail.None{}, nil
}

// joinLine is what somebody types to use a code.
func (in installation) joinLine(code string) string {
	port := ""
	if in.Address.Port != 22 {
		port = fmt.Sprintf("-p %d ", in.Address.Port)
	}
	return "ssh " + port + "join+" + code + "@" + in.Address.Host
}

// signInLine is what somebody runs who has an account.
func (in installation) signInLine() string {
	if in.Address.Port != 22 {
		return fmt.Sprintf("ssh -p %d %s", in.Address.Port, in.Address.Host)
	}
	return "ssh " + in.Address.Host
}

func (in installation) site() Site {
	return Site{
		Site:   op.Site{Name: in.Address.Host, JoinCommand: in.joinLine, HostKey: in.hostKey, Bindings: in.bindings, CheckBindings: in.checkBindings},
		Mail:   in.Mail.Mode != "none",
		SignIn: in.signInLine(),
	}
}

// hostKey gives the fingerprint of the host key, made where there is none yet.
func (in installation) hostKey() (string, error) {
	host, err := sshserver.LoadOrCreateHostKey(in.HostKey, rand.Reader)
	if err != nil {
		return "", err
	}
	return gossh.FingerprintSHA256(host.PublicKey()), nil
}

// site gives the facts of the installation that answers need.
func (c *cli) site() (Site, error) {
	if r := c.env.Remote; r != nil {
		return r.Site, nil
	}
	in, err := c.installation()
	if err != nil {
		return Site{}, err
	}
	return in.site(), nil
}

func (c *cli) storeOptions() (store.Options, error) {
	in, err := c.installation()
	if err != nil {
		return store.Options{}, err
	}
	return store.Options{
		Dir: in.Data, Now: c.env.Now, Log: c.log, Plans: in.Plans, Limits: &in.Limits,
		WhoMayCreate: in.CreateOrganizations, SignUp: in.SignUp,
		SelfServicePlans: in.SelfServicePlans, BillingRequired: in.BillingRequired,
		OrganizationsPerUser: in.OrganizationsPerUser,
		WebhookNetworks:      in.WebhookNetworks,
		Broken:               c.broken,
	}, nil
}

// logHandler makes the handler of a log that goes to a writer.
func logHandler(l config.Log) func(io.Writer) slog.Handler {
	o := &slog.HandlerOptions{Level: l.Level}
	return func(w io.Writer) slog.Handler {
		if l.Format == "json" {
			return slog.NewJSONHandler(w, o)
		}
		return slog.NewTextHandler(w, o)
	}
}

// everywhere are the options that all commands take, ofTheApp those of muster
// without a command.
var (
	everywhere = []string{"config", "data"}
	ofTheApp   = []string{"theme", "mouse", "notifications"}
)

// siteOptions gives a command the options of an installation as flags.
func siteOptions(cmd *cobra.Command) {
	for _, o := range config.Options() {
		// --org is in all trees.
		if o.Secret || o.Name == "org" || slices.Contains(everywhere, o.Name) {
			continue
		}
		config.BindFlags(cmd.Flags(), o.Name)
	}
}

// option is an option in JSON: its name is its id.
type option struct {
	ID string `json:"id"`
	config.Setting
}

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "show the current configuration and where it comes from",
		Long: `Show every option, its value, and where the value comes from: a flag, an
environment variable, a line of the configuration file, or the default. Passwords
are not shown.`,
		Example: "muster config --listen 127.0.0.1:2222\nmuster config --json",
		Args:    takes(),
	}
	siteOptions(cmd)
	cmd.RunE = action(func(context.Context, []string) error {
		in, err := c.installation()
		if err != nil {
			return err
		}
		settings := in.Settings()
		options := make([]option, len(settings))
		for i, s := range settings {
			options[i] = option{s.Name, s}
		}
		return c.emit(op.ListOf(options), func() error {
			rows := make([][]string, len(settings))
			for i, s := range settings {
				rows[i] = []string{s.Name, strings.TrimSpace(s.Value), s.Origin}
			}
			return c.printer().Table([]string{"OPTION", "VALUE", "FROM"}, rows)
		})
	})
	return cmd
}
