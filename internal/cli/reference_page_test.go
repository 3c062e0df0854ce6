package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/config"
	"muster/internal/op"
	"muster/internal/tools/pages"
)

const referenceHead = `# Commands

Made from the table of operations by ` + "`make docs`" + `; do not edit. Below each command stand the
name of its operation, as in the audit log and for ` + "`can-i`" + `, who may run it, and from
where. Site admins may run all of them, personal workspaces aside. The answers below the
examples are those of the program, on a made-up organization.

**Shell** is one on the machine of the database: ` + "`muster member list`" + `. **SSH** is anywhere:
` + "`ssh HOST member list`" + `, and in the organization ACME ` + "`ssh ACME@HOST member list`" + `. HOST
stands for what ` + "`ssh`" + ` needs to get there: ` + "`-p 2222 muster.example.com`" + `, or a name in
` + "`~/.ssh/config`" + ` ([running.md](running.md#ssh-without--p)).

` + "`--json`" + ` answers with one JSON value on standard output. Lists are
` + "`{\"items\":[…],\"next\":\"…\"}`" + `; next goes into ` + "`--after`" + ` for the next page and is empty on
the last. Times are RFC 3339 in UTC. An error is one JSON value on standard error,
` + "`{\"error\":{\"code\":\"…\",\"message\":\"…\",\"hint\":\"…\"}}`" + `. More is in
[scripting.md](scripting.md).

`

// reference is docs/commands.md.
func reference(t *testing.T) string {
	r := &referencePage{shown: exampleAnswers(t)}
	r.WriteString(referenceHead)
	r.WriteString(exitStatusesPart())
	root := tree(nil)
	r.WriteString("\n## Options of every command\n")
	r.options(root.PersistentFlags())
	r.WriteString("\nOver SSH there are only `--json` and `--org`: the login decides who acts, and on which data.\n")
	for _, noun := range root.Commands() {
		r.section(noun, "##", nil)
	}
	r.WriteString("\n## With a code as the user name\n\nThese commands are for people who may have no account yet.\n")
	for _, login := range []struct {
		name string
		kind LoginKind
	}{{"join+CODE", LoginJoin}, {"request+CODE", LoginRequest}, {"new", LoginNew}} {
		for _, cmd := range tree(&Remote{Kind: login.kind}).Commands() {
			if cmd.Name() != "version" && cmd.Name() != "help" {
				cmd.Root().Annotations[cobra.CommandDisplayNameAnnotation] = "ssh " + login.name + "@HOST"
				r.section(cmd, "###", nil)
			}
		}
	}
	return r.String()
}

// referencePage writes the page.
type referencePage struct {
	strings.Builder
	shown map[string][]string // what example lines answer
}

// section writes a command and those below it. said are paragraphs that stand
// above it already.
func (r *referencePage) section(cmd *cobra.Command, level string, said []string) {
	if cmd.Name() == "help" {
		return
	}
	fmt.Fprintf(r, "\n%s %s\n\n%s\n", level, cmd.CommandPath(), without(cmd.Long, said))
	if cmd.Name() == "completion" { // its four subcommands are cobra's own
		return
	}
	if cmd.HasSubCommands() {
		common := saidOften(cmd)
		for _, p := range common {
			fmt.Fprintf(r, "\n%s\n", p)
		}
		for _, sub := range cmd.Commands() {
			r.section(sub, level+"#", common)
		}
		return
	}
	where := "Shell and SSH."
	if slices.ContainsFunc(localOnly, func(name string) bool { return cmd.CommandPath() == "muster "+name }) {
		where = "Shell only."
	}
	if strings.HasPrefix(cmd.CommandPath(), "ssh ") {
		where = "SSH."
	}
	if row := op.Find(cmd.Annotations[operation]); row != nil {
		fmt.Fprintf(r, "\n`%s`, for %s. %s\n", row.Name, row.Who(), where)
	} else {
		fmt.Fprintf(r, "\n%s\n", where)
	}
	fmt.Fprintf(r, "\n    %s\n", cmd.UseLine())
	r.examples(cmd)
	r.options(cmd.LocalNonPersistentFlags())
}

// saidOften are the paragraphs that three or more of the commands below have.
func saidOften(cmd *cobra.Command) (often []string) {
	seen := map[string]int{}
	for _, sub := range cmd.Commands() {
		for _, p := range strings.Split(sub.Long, "\n\n") {
			if seen[p]++; seen[p] == 3 {
				often = append(often, p)
			}
		}
	}
	return often
}

func without(text string, said []string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n\n"), func(p string) bool { return slices.Contains(said, p) }), "\n\n")
}

func (r *referencePage) examples(cmd *cobra.Command) {
	if cmd.Example == "" {
		return
	}
	r.WriteString("\n```console\n")
	for line := range strings.SplitSeq(cmd.Example, "\n") {
		line = strings.TrimSpace(line)
		fmt.Fprintf(r, "$ %s\n", line)
		for _, answer := range r.shown[line] {
			fmt.Fprintln(r, answer)
		}
	}
	r.WriteString("```\n")
}

// options writes the flags, but for those that are options of the configuration.
func (r *referencePage) options(flags *pflag.FlagSet) {
	helps := map[string]string{}
	for _, o := range config.Options() {
		helps[o.Flag()] = o.Help
	}
	// A flag may have the name of an option and be another thing: the --http of pull.
	configures := func(f *pflag.Flag) bool {
		help, ok := helps[f.Name]
		return ok && strings.HasPrefix(f.Usage, help)
	}
	var rows [][]string
	configured := 0
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden || f.Name == "help":
			return
		case configures(f) && flags.Lookup("json") == nil: // those of every command are explained
			configured++
			return
		}
		def, usage := explained(f)
		rows = append(rows, []string{code("--" + f.Name + placeholder(f)), def, usage})
	})
	if len(rows) > 0 {
		r.WriteString("\n" + pages.Table([]string{"option", "default", "what it is for"}, rows))
	}
	if configured > 3 {
		r.WriteString("\nEvery option of [configuration.md](configuration.md#options) is a flag as well.\n")
	} else if configured > 0 {
		var names []string
		flags.VisitAll(func(f *pflag.Flag) {
			if configures(f) {
				names = append(names, code("--"+f.Name))
			}
		})
		fmt.Fprintf(r, "\nAlso %s: see [configuration.md](configuration.md#options).\n", strings.Join(names, ", "))
	}
}

// placeholders are what stands for the value of flags whose name does not say it.
var placeholders = map[string]string{
	"as": "ADDRESS", "config": "FILE", "data": "DIR", "org": "CODE", "from": "TIME", "until": "TIME", "at": "TIME", "after": "NEXT",
	"expires-in": "TIME", "search": "TEXT", "inactive": "TIME", "message": "TEXT", "reason": "TEXT", "description": "TEXT", "confirm": "TEXT",
	"site-admin": "on|off", "sort": "COLUMN", "email": "ADDRESS", "actor": "USER", "target": "ID", "http": "URL",
}

// placeholder is what stands for the value of a flag.
func placeholder(f *pflag.Flag) string {
	word := strings.ToUpper(f.Name[strings.LastIndexByte(f.Name, '-')+1:])
	if w, ok := placeholders[f.Name]; ok {
		word = w
	}
	switch f.Value.Type() {
	case "bool":
		return ""
	case "int":
		return " N"
	case "stringArray", "stringSlice":
		return " " + word + "…"
	}
	return " " + word
}

// inHelp is a default that only the help text names.
var inHelp = regexp.MustCompile(` \(default:? (.*)\)$`)

// explained gives the default of a flag, and what it is for.
func explained(f *pflag.Flag) (def, usage string) {
	if m := inHelp.FindStringSubmatchIndex(f.Usage); m != nil {
		return f.Usage[m[2]:m[3]], f.Usage[:m[0]]
	}
	switch f.DefValue {
	case "", "[]", "false", "0":
		return "", f.Usage
	}
	return code(f.DefValue), f.Usage
}
