package cli

import (
	"bytes"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/config"
)

// localOnly names the commands that a shell on the machine of the database has
// and SSH has not.
var localOnly = []string{"authorized-keys", "backup", "completion", "config", "demo", "doctor", "init", "pull", "restore", "serve"}

const intro = `muster manages organizations from a terminal: members, roles and invitations.

Without a command it opens the app. Every action of the app is also a command, here
and over SSH: ssh HOST member list --json.`

// maker makes one command below the root.
type maker struct {
	name string
	make func() *cobra.Command
}

// commands lists what this run can do: all of a local shell, all of a
// signed-in user over SSH, or the little of a login that carries a code.
func (c *cli) commands() []maker {
	all := append(c.made(), maker{"version", c.versionCommand})
	r := c.env.Remote
	if r != nil && r.Kind != LoginUser {
		return all
	}
	all = append(all, maker{"open", c.openCommand}, maker{"join", c.joinCommand})
	if r == nil {
		all = append(all, maker{"init", c.initCommand}, maker{"serve", c.serveCommand}, maker{"demo", c.demoCommand}, maker{"config", c.configCommand},
			maker{"doctor", c.doctorCommand}, maker{"backup", c.backupCommand}, maker{"restore", c.restoreCommand},
			maker{"pull", c.pullCommand}, maker{"authorized-keys", c.authorizedKeysCommand})
	}
	return all
}

// root makes the command tree for this run. A server does that for each
// command it is sent, so a line that starts with a command gets only that one;
// help and mistakes need the whole tree.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "muster",
		Short:         "manage organizations from a terminal",
		Long:          intro,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { c.flags = cmd.Flags() }
	root.RunE = func(cmd *cobra.Command, args []string) error { return c.noCommand(cmd, args) }
	root.SetHelpCommand(c.helpCommand())
	root.SetFlagErrorFunc(c.flagError)
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		finish(cmd, c.env.Remote != nil)
		var text bytes.Buffer
		to := cmd.OutOrStdout()
		cmd.SetOut(&text)
		help(cmd, args)
		cmd.SetOut(to)
		width := c.env.Width
		if to == c.env.Err {
			width = c.env.ErrWidth
		}
		// Nothing is left to say when nothing can be written.
		_ = c.printerFor(to, width).Help(text.String())
	})
	c.options(root)
	root.Flags().BoolP("version", "v", false, "show the version of muster")

	makers := c.commands()
	if len(c.env.Args) > 0 {
		if i := slices.IndexFunc(makers, func(m maker) bool { return m.name == c.env.Args[0] }); i >= 0 {
			makers = makers[i : i+1]
		}
	}
	for _, m := range makers {
		root.AddCommand(m.make())
	}
	groupCommands(root)
	return root
}

// options are those of every command.
func (c *cli) options(root *cobra.Command) {
	f := root.PersistentFlags()
	c.addJSONFlag(f)
	r := c.env.Remote
	if r == nil || r.Kind == LoginUser {
		f.StringVar(&c.org, "org", "", "organization to work in: its code or id")
	}
	if r == nil {
		config.BindFlags(f, everywhere...)
		config.BindFlags(root.Flags(), ofTheApp...)
		c.plainOption(root)
		f.StringVar(&c.as, "as", "", "act for the user with this address; the audit log names both")
		return
	}
	root.CompletionOptions.DisableDefaultCmd = true
	c.plainOption(root)
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "ssh HOST"}
	switch r.Kind {
	case LoginJoin:
		root.Long = "You connected with a code. In a terminal and without a command, it is shown and one key accepts it."
	case LoginRequest:
		root.Long = "You connected to ask to join an organization."
	case LoginNew:
		root.Long = "You connected to create an account with your SSH key."
	}
}

// noCommand answers a line that names no command of the tree.
func (c *cli) noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 && on(root, "version") {
		return c.sayVersion()
	}
	if len(args) > 0 {
		for _, name := range localOnly {
			if c.env.Remote != nil && args[0] == name {
				return usage("%q cannot be run over SSH", name).
					WithHint("run it in a shell on the machine with the database")
			}
		}
		if c.env.Remote != nil && args[0] == "muster" && len(args) > 1 {
			return usage("unknown command %q: over SSH, commands start with their own name", args[0]).
				WithHint("leave out the first word: `ssh HOST %s`", strings.Join(args[1:], " "))
		}
		return missingVerb(root, args)
	}
	switch {
	case c.env.Remote == nil && !c.json && (c.env.Terminal || c.plain):
		return c.openApp(root.Context())
	case c.env.Remote != nil && c.plain:
		return usage("--plain needs a terminal").WithHint("ssh -t HOST --plain")
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

// finish prepares a command's help: its lines get one width, and the examples
// say what somebody types who is not on the machine.
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
}

// fold breaks the lines of each paragraph anew. One that is indented stays as it is.
func fold(text string) string {
	const width = 78
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if strings.HasPrefix(p, " ") { // a table or an example
			continue
		}
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
