package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// localOnly names the commands that a shell on the machine of the database has
// and SSH has not.
var localOnly = []string{"backup", "completion", "config", "doctor", "init", "serve"}

// root makes the command tree for this run: that of a local shell, that of a
// signed-in user over SSH, or the small one of a login that carries a code.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "manage organizations from a terminal",
		Long: `muster manages organizations from a terminal: who belongs, in what role, and who
is on the way in.

Without a command it opens the app. Every action of the app is a command as well,
here and over SSH: ssh HOST member list --json.`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// pflag ends its messages with Go's words for a failed conversion.
		msg, _, _ := strings.Cut(err.Error(), ": strconv.")
		return usage("%s", msg).WithHint("`%s` shows the options", helpFor(cmd))
	})
	root.CompletionOptions.DisableDefaultCmd = c.env.Remote != nil
	root.PersistentFlags().BoolVar(&c.json, "json", false, "answer with one JSON value")
	root.SetHelpCommand(helpCommand())
	root.RunE = func(cmd *cobra.Command, args []string) error { return c.noCommand(cmd, args) }

	r := c.env.Remote
	if r != nil {
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "ssh HOST"}
	}
	switch {
	case r == nil:
		c.localTree(root)
	case r.Kind == LoginJoin:
		root.AddCommand(c.codeShow(), c.codeAccept(), c.codeDecline(), c.versionCommand())
	case r.Kind == LoginRequest:
		root.AddCommand(c.requestCommand(), c.versionCommand())
	case r.Kind == LoginNew:
		root.AddCommand(c.signUpCommand(), c.versionCommand())
	default:
		c.orgFlag(root)
		c.commonTree(root)
	}
	if r != nil {
		overSSH(root)
	}
	return root
}

func (c *cli) commonTree(root *cobra.Command) {
	root.AddCommand(c.orgCommand(), c.memberCommand(), c.inviteCommand(), c.settingsCommand(), c.keyCommand(),
		c.auditCommand(), c.userCommand(), c.whoamiCommand(), c.switchCommand(), c.joinCommand(), c.versionCommand())
}

func (c *cli) orgFlag(root *cobra.Command) {
	root.PersistentFlags().StringVar(&c.org, "org", "", "organization to work in: its code or id")
}

func (c *cli) localTree(root *cobra.Command) {
	c.orgFlag(root)
	f := root.PersistentFlags()
	f.StringVar(&c.data, "data", "", "directory of the database")
	f.StringVar(&c.config, "config", "", "configuration file")
	f.StringVar(&c.as, "as", "", "act for the user with this address; the audit log names both")
	c.commonTree(root)
	root.AddCommand(c.initCommand(), c.serveCommand(), c.configCommand(), c.doctorCommand(), c.backupCommand())
}

// noCommand answers a line that names no command of the tree.
func (c *cli) noCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 {
		for _, name := range localOnly {
			if c.env.Remote != nil && args[0] == name {
				return usage("%q does not run over SSH", name).
					WithHint("it is for a shell on the machine that keeps the database")
			}
		}
		return missingVerb(root, args)
	}
	if c.env.Remote == nil && c.env.Terminal && !c.json {
		return c.openApp(root.Context())
	}
	e := usage("a command is missing").WithHint("`%s help` lists them; the app needs a terminal", root.CommandPath())
	if c.json {
		return e
	}
	root.SetOut(c.env.Err)
	if err := root.Help(); err != nil {
		return err
	}
	return &shownError{e}
}

// overSSH makes the examples say what somebody types who is not on the machine.
func overSSH(cmd *cobra.Command) {
	lines := strings.Split(cmd.Example, "\n")
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, "muster "); ok {
			lines[i] = "ssh HOST " + rest
		}
	}
	cmd.Example = strings.Join(lines, "\n")
	for _, sub := range cmd.Commands() {
		overSSH(sub)
	}
}

// helpCommand is cobra's, with an error for a topic there is not.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND…]",
		Short:   "explain a command",
		Long:    "Explain a command, or list all.",
		Example: "muster help invite create",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return missingVerb(cmd.Root(), args)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}
