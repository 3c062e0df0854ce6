package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/op"
	"muster/models"
)

// The groups of commands in the help, in this order.
var commandGroups = []struct{ id, title string }{
	{"people", "People:"}, {"organization", "Organizations:"}, {"you", "You:"}, {"machine", "This machine:"}, {"more", "More:"},
}

// groupOf are the groups of the commands below the root.
var groupOf = map[string]string{
	"member": "people", "invite": "people", "user": "people", "who": "people", "audit": "people",
	"org": "organization", "settings": "organization", "plan": "organization", "role": "organization", "workspace": "organization", "project": "organization",
	"switch": "you", "whoami": "you", "can-i": "you", "key": "you", "two-factor": "you", "join": "you", "open": "you", "accept": "you", "decline": "you", "show": "you",
	"init": "machine", "serve": "machine", "demo": "machine", "config": "machine", "doctor": "machine", "backup": "machine", "restore": "machine",
}

// groupCommands sorts the commands below the root into groups, in a tree that has
// enough of them for that.
func groupCommands(root *cobra.Command) {
	if len(root.Commands()) < 10 {
		return
	}
	used := map[string]bool{"more": true}
	for _, cmd := range root.Commands() {
		if cmd.GroupID = groupOf[cmd.Name()]; cmd.GroupID == "" {
			cmd.GroupID = "more"
		}
		used[cmd.GroupID] = true
	}
	for _, g := range commandGroups {
		if used[g.id] {
			root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		}
	}
	root.SetHelpCommandGroupID("more")
	root.SetCompletionCommandGroupID("more")
}

// helpCommand is cobra's, with an error for a topic there is not, the whole tree
// for programs, and a page on exit statuses.
func (c *cli) helpCommand() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "help [COMMAND…]",
		Short: "explain a command",
		Long: `Explain a command, or list them all. With --json or --markdown, describe every
command, for programs and pages: arguments, options with types and defaults, who may
run it, and from where. The topic exit-codes lists the exit statuses.`,
		Example: "muster help invite create\nmuster help exit-codes\nmuster help --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Equal(args, []string{"exit-codes"}) {
				return c.helpExitCodes(markdown)
			}
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				if err != nil || !found.HasSubCommands() {
					found, rest = cmd.Root(), args
				}
				return missingVerb(found, rest)
			}
			switch {
			case c.json:
				return c.writeJSON(c.described(found))
			case markdown:
				return c.text(markdownOf(c.described(found)))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "in Markdown")
	return cmd
}

// text answers with text of several lines.
func (c *cli) text(text string) error {
	_, err := fmt.Fprint(c.out, text)
	return err
}

// exitCode is one of the exit statuses.
type exitCode struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Meaning string `json:"meaning"`
}

// exitCodes are all exit statuses.
func exitCodes() []exitCode {
	out := []exitCode{{0, "", "it worked"}}
	for _, e := range []struct {
		code models.Code
		what string
	}{
		{models.CodeInternal, "an error in muster or on its machine"},
		{models.CodeUsage, "the command was used wrongly"},
		{models.CodeInvalid, "a value is not allowed"},
		{models.CodeDenied, "you may not do this"},
		{models.CodeNotFound, "it does not exist, or you cannot see it"},
		{models.CodeConflict, "it has changed since, or is taken"},
		{models.CodeLimit, "too many, too often, too large"},
		{models.CodeGone, "expired, revoked, used"},
	} {
		out = append(out, exitCode{e.code.ExitStatus(), string(e.code), e.what})
	}
	return out
}

func (c *cli) helpExitCodes(markdown bool) error {
	if c.json {
		return c.writeJSON(op.ListOf(exitCodes()))
	}
	var rows [][]string
	for _, e := range exitCodes() {
		rows = append(rows, []string{fmt.Sprint(e.Status), e.Code, e.Meaning})
	}
	if markdown {
		return c.text(markdownTable([]string{"exit status", "code", "what it means"}, rows))
	}
	return c.printer().Table([]string{"STATUS", "CODE", "WHAT IT MEANS"}, rows)
}

// described is a command as `help --json` shows it.
type described struct {
	Name       string      `json:"name"` // as it is typed after muster; empty for muster itself
	Does       string      `json:"does"`
	Long       string      `json:"long"`
	Usage      string      `json:"usage"`
	Examples   []string    `json:"examples"`
	Operation  string      `json:"operation,omitempty"`  // its name in the audit log and for can-i
	Permission string      `json:"permission,omitempty"` // that it needs
	Who        string      `json:"who,omitempty"`        // may run it, in words
	Changes    bool        `json:"changes"`
	Doors      []string    `json:"doors"` // shell, ssh
	Arguments  []argument  `json:"arguments"`
	Flags      []flag      `json:"flags"`
	Commands   []described `json:"commands"` // below it
	ExitCodes  []exitCode  `json:"exit_codes,omitempty"`
}

// argument is a word that follows a command.
type argument struct {
	Name     string   `json:"name"`
	Required bool     `json:"required"`
	Repeated bool     `json:"repeated"`
	Choices  []string `json:"choices,omitempty"`
}

// flag is an option of a command.
type flag struct {
	Name     string   `json:"name"`
	Short    string   `json:"short,omitempty"`
	Type     string   `json:"type"` // bool, int, string, or strings for one that may be repeated
	Default  string   `json:"default"`
	Help     string   `json:"help"`
	Required bool     `json:"required"`
	Choices  []string `json:"choices,omitempty"`
}

// described describes a command and those below it.
func (c *cli) described(cmd *cobra.Command) described {
	d := described{
		Does: cmd.Short, Long: cmd.Long, Usage: useLine(cmd), Examples: []string{}, Doors: []string{"shell", "ssh"},
		Arguments: []argument{}, Flags: []flag{}, Commands: []described{},
	}
	if cmd.HasParent() {
		d.Name = strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()+" ")
	} else {
		d.ExitCodes = exitCodes()
	}
	for line := range strings.Lines(cmd.Example) {
		d.Examples = append(d.Examples, strings.TrimSpace(line))
	}
	noun, _, _ := strings.Cut(d.Name, " ")
	switch {
	case slices.Contains(localOnly, noun):
		d.Doors = []string{"shell"}
	case c.env.Remote != nil && c.env.Remote.Kind != LoginUser:
		d.Doors = []string{"ssh"}
	}
	l := &completionLine{c: c, cmd: cmd}
	r := l.row()
	if r != nil {
		d.Operation, d.Who, d.Changes = r.Name, r.Who(), r.Changes
		if p, ok := r.Needs.Permission(); ok {
			d.Permission = string(p)
		}
		for _, f := range r.Fields {
			if f.Arg != "" && f.Flag == "" {
				d.Arguments = append(d.Arguments, argument{strings.Trim(f.Arg, "[]"), !strings.HasPrefix(f.Arg, "["), several(r, f), fixedChoices(f.Complete)})
			}
		}
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			d.Flags = append(d.Flags, describeFlag(r, f))
		}
	})
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" && cmd.Name() != "completion" {
			d.Commands = append(d.Commands, c.described(sub))
		}
	}
	return d
}

func describeFlag(r *op.Row, f *pflag.Flag) flag {
	out := flag{Name: f.Name, Short: f.Shorthand, Type: f.Value.Type(), Default: f.DefValue, Help: f.Usage, Choices: fixedChoices(kindOfOption(f.Name))}
	if strings.HasPrefix(out.Type, "string") && out.Type != "string" {
		out.Type = "strings"
	}
	if out.Default == "[]" {
		out.Default = ""
	}
	if r != nil {
		for _, field := range r.Fields {
			if field.Flag == f.Name {
				out.Required, out.Choices = field.Required == "true", fixedChoices(field.Complete)
			}
		}
	}
	return out
}

// markdownOf describes a command and those below it as a page.
func markdownOf(d described) string {
	var b strings.Builder
	writeMarkdown(&b, d, 1)
	return b.String()
}

func writeMarkdown(b *strings.Builder, d described, level int) {
	fmt.Fprintf(b, "%s %s\n\n%s\n", strings.Repeat("#", min(level, 6)), strings.TrimSpace("muster "+d.Name), d.Long)
	if d.Who != "" {
		fmt.Fprintf(b, "\nFor %s. Over: %s.\n", d.Who, strings.Join(d.Doors, ", "))
	}
	if len(d.Commands) == 0 {
		fmt.Fprintf(b, "\n    %s\n", d.Usage)
	}
	if len(d.Examples) > 0 {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.Join(d.Examples, "\n"))
	}
	if len(d.Flags) > 0 {
		rows := make([][]string, len(d.Flags))
		for i, f := range d.Flags {
			rows[i] = []string{"`--" + f.Name + "`", f.Type, f.Default, f.Help}
		}
		fmt.Fprintf(b, "\n%s", markdownTable([]string{"option", "type", "default", "what it is for"}, rows))
	}
	for _, sub := range d.Commands {
		b.WriteString("\n")
		writeMarkdown(b, sub, level+1)
	}
}

func markdownTable(headers []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	line(headers)
	b.WriteString(strings.Repeat("|---", len(headers)) + "|\n")
	for _, row := range rows {
		line(row)
	}
	return b.String()
}
