package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// localOnly names the commands that a shell on the machine of the database has
// and SSH has not.
var localOnly = []string{"backup", "completion", "config", "doctor", "init", "restore", "serve"}

const about = `muster manages organizations from a terminal: who belongs, in what role, and
who is on the way in.

Without a command it opens the app. Every action of the app is a command as well,
here and over SSH: ssh HOST member list --json.`

// root makes the command tree for this run: that of a local shell, that of a
// signed-in user over SSH, or the small one of a login that carries a code.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "muster",
		Short:         "manage organizations from a terminal",
		Long:          about,
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
		root.Long = "You came with a code. Without a command, in a terminal, it is shown and one key accepts."
		root.AddCommand(c.codeShow(), c.codeAccept(), c.codeDecline(), c.versionCommand())
	case r.Kind == LoginRequest:
		root.Long = "You came to ask for membership in an organization."
		root.AddCommand(c.requestCommand(), c.versionCommand())
	case r.Kind == LoginNew:
		root.Long = "You came to make an account with your SSH key."
		root.AddCommand(c.signUpCommand(), c.versionCommand())
	default:
		c.orgFlag(root)
		c.commonTree(root)
	}
	finish(root, r != nil)
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
	root.AddCommand(c.initCommand(), c.serveCommand(), c.configCommand(), c.doctorCommand(), c.backupCommand(), c.restoreCommand())
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

// finish sets the help of the whole tree: its lines get one width, and the
// examples say what somebody types who is not on the machine.
func finish(cmd *cobra.Command, remote bool) {
	cmd.DisableFlagsInUseLine = true
	cmd.Long = fold(cmd.Long)
	lines := strings.Split(cmd.Example, "\n")
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, "muster "); ok && remote {
			l = "ssh HOST " + rest
		}
		if l != "" {
			lines[i] = "  " + l
		}
	}
	cmd.Example = strings.Join(lines, "\n")
	for _, sub := range cmd.Commands() {
		finish(sub, remote)
	}
}

// fold breaks the lines of each paragraph anew.
func fold(text string) string {
	const width = 78
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		var b strings.Builder
		column := 0
		for _, word := range strings.Fields(p) {
			switch n := len(word); {
			case column == 0:
				column = n
			case column+1+n > width:
				b.WriteByte('\n')
				column = n
			default:
				b.WriteByte(' ')
				column += 1 + n
			}
			b.WriteString(word)
		}
		paragraphs[i] = b.String()
	}
	return strings.Join(paragraphs, "\n\n")
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
