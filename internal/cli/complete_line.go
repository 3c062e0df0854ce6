package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/op"
	"muster/models"
)

// completionLine reads a command line up to the cursor, as the scripts of
// `muster completion` send it. cobra would do it as well, but keeps what completes
// an option for ever, and a server makes its commands anew for each request.
type completionLine struct {
	c       *cli
	cmd     *cobra.Command
	words   []string    // that follow the command
	option  *pflag.Flag // whose value is next
	literal bool        // after --: no options any more
}

// wantsCompletion tells whether a shell asks what could be typed next.
func wantsCompletion(args []string) (describe, ok bool) {
	if len(args) < 2 {
		return false, false
	}
	return args[0] == cobra.ShellCompRequestCmd, args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd
}

// completeLine answers with what could be typed next, one a line, and how the
// shell is to go on. Where the caller may know nothing, there is nothing.
func (c *cli) completeLine(ctx context.Context, root *cobra.Command, describe bool) error {
	root.InitDefaultHelpCmd()
	if c.env.Remote == nil {
		root.InitDefaultCompletionCmd()
	}
	args := c.env.Args[1:]
	l := &completionLine{c: c, cmd: root}
	c.flags = root.PersistentFlags()
	for _, word := range args[:len(args)-1] {
		l.read(word)
	}
	found, how := l.complete(ctx, args[len(args)-1])
	for _, f := range found {
		line := models.SafeText(f.word)
		if help := models.SafeText(f.help); describe && help != "" {
			line += "\t" + help
		}
		if _, err := io.WriteString(c.env.Out, line+"\n"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(c.env.Out, ":%d\n", how)
	return err
}

// read takes one word before the cursor.
func (l *completionLine) read(word string) {
	switch {
	case l.option != nil:
		l.set(l.option, word)
		l.option = nil
	case l.literal || !strings.HasPrefix(word, "-") || word == "-":
		if sub := l.below(word); sub != nil {
			l.cmd = sub
			return
		}
		l.words = append(l.words, word)
	case word == "--":
		l.literal = true
	default:
		name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		f := l.flag(name)
		switch {
		case f == nil:
		case given:
			l.set(f, value)
		case f.NoOptDefVal != "":
			l.set(f, f.NoOptDefVal)
		default:
			l.option = f
		}
	}
}

// set gives an option its value; one that is not allowed changes nothing.
func (l *completionLine) set(f *pflag.Flag, value string) {
	if f.Value.Set(value) == nil {
		f.Changed = true
	}
}

func (l *completionLine) flag(name string) *pflag.Flag {
	if f := l.cmd.Flags().Lookup(name); f != nil {
		return f
	}
	if f := l.cmd.InheritedFlags().Lookup(name); f != nil {
		return f
	}
	return l.cmd.PersistentFlags().Lookup(name)
}

// below is the command of this name below the one that is reached.
func (l *completionLine) below(name string) *cobra.Command {
	if len(l.words) > 0 {
		return nil
	}
	for _, sub := range l.cmd.Commands() {
		if sub.Name() == name || sub.HasAlias(name) {
			return sub
		}
	}
	return nil
}

func (l *completionLine) complete(ctx context.Context, typed string) ([]candidate, cobra.ShellCompDirective) {
	l.c.flags = l.cmd.Flags()
	name, value, assigned := strings.Cut(strings.TrimLeft(typed, "-"), "=")
	switch {
	case l.option != nil:
		return l.values(ctx, l.option, typed)
	case l.literal || !strings.HasPrefix(typed, "-"):
		return l.next(ctx, typed)
	case assigned:
		if f := l.flag(name); f != nil {
			return l.values(ctx, f, value)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return fitting(l.options(), typed), cobra.ShellCompDirectiveNoFileComp
}

// options are those that can still be given.
func (l *completionLine) options() (out []candidate) {
	add := func(f *pflag.Flag) {
		if repeated := strings.HasPrefix(f.Value.Type(), "string") && f.Value.Type() != "string"; !f.Hidden && (!f.Changed || repeated) {
			out = append(out, candidate{"--" + f.Name, f.Usage})
		}
	}
	l.cmd.InitDefaultHelpFlag()
	l.cmd.LocalFlags().VisitAll(add)
	l.cmd.InheritedFlags().VisitAll(add)
	return out
}

// row is the operation of the command; of several the one with most words.
func (l *completionLine) row() *op.Row {
	r := op.Find(l.cmd.Annotations[operation])
	if r == nil {
		return nil
	}
	for _, other := range op.All() {
		if other.Command == r.Command && other.Door == r.Door && len(wordsOf(other)) > len(wordsOf(r)) {
			r = other
		}
	}
	return r
}

// values completes the value of an option.
func (l *completionLine) values(ctx context.Context, f *pflag.Flag, typed string) ([]candidate, cobra.ShellCompDirective) {
	kind, comma := kindOfOption(f.Name), false
	for _, r := range op.All() {
		if r.Command == "" || l.row() == nil || r.Command != l.row().Command {
			continue
		}
		for _, field := range r.Fields {
			if field.Flag == f.Name {
				kind, comma = field.Complete, field.Comma
				if field.Read != "" {
					kind = l.c.kindOfWord(field)
				}
			}
		}
	}
	before := ""
	if i := strings.LastIndexByte(typed, ','); comma && i >= 0 {
		before, typed = typed[:i+1], typed[i+1:]
	}
	if f.Name == "sort" {
		rest, reverse := strings.CutPrefix(typed, "-")
		if reverse {
			before, typed = "-", rest
		}
	}
	found, how := l.offer(ctx, kind, typed)
	for i := range found {
		found[i].word = before + found[i].word
	}
	return found, how
}

// next completes a word that is no option.
func (l *completionLine) next(ctx context.Context, typed string) ([]candidate, cobra.ShellCompDirective) {
	if l.cmd.HasSubCommands() && len(l.words) == 0 {
		return fitting(l.commands(), typed), cobra.ShellCompDirectiveNoFileComp
	}
	if l.cmd.Name() == "help" {
		return fitting(l.helpTopics(), typed), cobra.ShellCompDirectiveNoFileComp
	}
	if f := l.cmd.ValidArgsFunction; f != nil {
		words, how := f(l.cmd, l.words, typed)
		return fitting(candidates(words...), typed), how
	}
	var all []candidate
	how := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	for kind := range strings.SplitSeq(l.c.wordKind(l.cmd, l.row(), len(l.words)), " ") {
		found, h := l.offer(ctx, kind, typed)
		all = append(all, found...)
		how &= h
	}
	return all, how
}

// commands are those below the one that is reached.
func (l *completionLine) commands() (out []candidate) {
	for _, sub := range l.cmd.Commands() {
		if !sub.Hidden {
			out = append(out, candidate{sub.Name(), sub.Short})
		}
	}
	return out
}

// helpTopics are the commands below the words that follow help.
func (l *completionLine) helpTopics() []candidate {
	at := &completionLine{c: l.c, cmd: l.cmd.Root()}
	for _, word := range l.words {
		sub := at.below(word)
		if sub == nil {
			return nil
		}
		at.cmd = sub
	}
	return at.commands()
}

// offer gives the values of a kind.
func (l *completionLine) offer(ctx context.Context, kind, typed string) ([]candidate, cobra.ShellCompDirective) {
	if kind == "file" {
		return nil, cobra.ShellCompDirectiveDefault
	}
	how := cobra.ShellCompDirectiveNoFileComp
	if kind == "assignment" && !strings.Contains(typed, "=") {
		how |= cobra.ShellCompDirectiveNoSpace
	}
	if kind == "filter" {
		return l.filter(ctx, typed), how | cobra.ShellCompDirectiveNoSpace
	}
	if kind == "" {
		return nil, how
	}
	found, err := l.c.candidates(ctx, asked{row: l.row(), kind: kind, typed: typed, args: l.words})
	if err != nil {
		return nil, how
	}
	found = slices.DeleteFunc(found, func(f candidate) bool { return slices.Contains(l.words, f.word) })
	return fitting(found, typed), how
}

// filter completes the last part of a filter.
func (l *completionLine) filter(ctx context.Context, typed string) []candidate {
	f := op.FilterOf(l.row().Name)
	if f == nil {
		return nil
	}
	before, options := f.Completions(typed, func(name string) (values []string) {
		n, _ := f.Name(name)
		_, value, _ := strings.Cut(typed[strings.LastIndex(typed, " ")+1:], ":")
		found, _ := l.offer(ctx, n.Complete, value)
		for _, v := range found {
			values = append(values, v.word)
		}
		return values
	})
	out := candidates(options...)
	for i := range out {
		out[i].word = before + out[i].word
	}
	return out
}

// fitting are the candidates that begin with what is typed, which shells compare
// letter by letter: so they go on as it was begun.
func fitting(list []candidate, typed string) (out []candidate) {
	for _, f := range list {
		if len(f.word) < len(typed) || !strings.EqualFold(f.word[:len(typed)], typed) {
			continue
		}
		switch {
		case strings.HasPrefix(f.word, typed):
		case typed == strings.ToLower(typed):
			f.word = typed + strings.ToLower(f.word[len(typed):])
		default:
			f.word = typed + f.word[len(typed):]
		}
		out = append(out, f)
	}
	return out
}
